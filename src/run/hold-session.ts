import { randomUUID } from 'node:crypto'
import type { HoldSession } from '../api/legal-hold-routes.ts'
import type { ReadModel } from '../api/read-model.ts'
import type { CommandEntry } from '../log/entry.ts'
import type { Log } from '../log/log.ts'

export interface HoldSessionDeps {
  readonly log: Pick<Log, 'append'>
  readonly readModel: Pick<ReadModel, 'session'>
  readonly now: () => number
}

/** A hold is a command: once the store has the record of it, retention goes by it. */
export const createHoldSession =
  ({ log, readModel, now }: HoldSessionDeps): HoldSession =>
  async ({ realm, sessionId, isHeld, reason, by }) => {
    if ((await readModel.session(realm, sessionId)) === null) return false
    const type = isHeld ? 'legalHold' : 'legalRelease'
    const command = { type, target: `session:${sessionId}`, reason } as const
    const entry: CommandEntry = { kind: 'command', commandId: `h-${randomUUID()}`, realm, by, timeMs: now(), command }
    await log.append([entry])
    return true
  }
