import { type Entity, EntityTable, fresh } from '../correlate/entity-table.ts'
import { type Action, sessionOf, targetOfSession } from './action.ts'
import type { Actions } from './actions.ts'
import type { Asker } from './asker.ts'
import type { Moment } from './proposals.ts'
import type { Pause } from './response-gate.ts'
import type { ActionRow } from './rows.ts'

/** What an operator asked for, by the id that makes a repetition harmless. */
export interface ResponseCommand {
  readonly commandId: string
  readonly realm: string
  readonly by: string
  readonly timeMs: number
  readonly type: 'flag' | 'revoke' | 'restore' | 'pause' | 'resume'
  readonly target: string
  readonly reason: string
  readonly ttlMs: number | null
  readonly isDryRun: boolean
}

interface KnownCommand extends Entity {
  readonly type: ResponseCommand['type']
  readonly target: string
  readonly actionIds: readonly string[]
  readonly atMs: number
}

/** What became of a command, for whoever sent it. */
export interface CommandAnswer {
  /** `conflict` – its id was used for another command before; `unknownSession` – there is nothing to act on. */
  readonly kind: 'done' | 'conflict' | 'unknownSession'
  readonly actions: readonly ActionRow[]
  readonly pause: Pause
}

export interface CommandsDeps {
  readonly actions: Actions
  /** Ids of the session, its own first; none if it is not known. */
  readonly idsOf: (sessionId: string) => readonly string[]
}

/** Operators' commands, remembered for a day so that one that is sent again changes nothing. */
export class Commands {
  readonly table = new EntityTable<KnownCommand>('commands')
  readonly #deps: CommandsDeps

  constructor(deps: CommandsDeps) {
    this.#deps = deps
  }

  apply(command: ResponseCommand, moment: Moment): void {
    if (this.table.get(command.commandId) !== undefined) return
    const actionIds = this.#carryOut(command, { ...moment, tickMs: Math.max(moment.tickMs, command.timeMs) })
    const { type, target, timeMs } = command
    this.table.add(command.commandId, { ...fresh, type, target, actionIds, atMs: timeMs })
  }

  /** What became of a command that was applied; its rows as they are now. */
  answer(command: Pick<ResponseCommand, 'commandId' | 'type' | 'target'>): CommandAnswer {
    const { actions } = this.#deps
    const known = this.table.get(command.commandId)
    const rows = (known?.actionIds ?? []).flatMap((id) => actions.table.get(id)?.row ?? [])
    const pause = actions.gate.pause
    if (known?.type !== command.type || known.target !== command.target) return { kind: 'conflict', actions: [], pause }
    const sessionId = sessionOf(command.target)
    const isLost = rows.length === 0 && sessionId !== '' && this.#deps.idsOf(sessionId).length === 0
    return { kind: isLost ? 'unknownSession' : 'done', actions: rows, pause }
  }

  expire(beforeMs: number): void {
    for (const [id, { atMs }] of this.table.entries()) if (atMs < beforeMs) this.table.delete(id)
  }

  #carryOut(command: ResponseCommand, moment: Moment): readonly string[] {
    const { actions } = this.#deps
    const { type, by, reason } = command
    if (type === 'pause' || type === 'resume') {
      actions.gate.setPause({ isPaused: type === 'pause', by, reason, sinceMs: moment.tickMs })
      return []
    }
    const targets = this.#targetsOf(command.target)
    if (type === 'restore') return this.#restore(command, targets, moment.tickMs).map(({ row }) => row.id)
    const target = targets[0]
    return target === undefined ? [] : actions.propose({ kind: type, target, asker: askerOf(command), moment })
  }

  #restore(command: ResponseCommand, targets: readonly string[], timeMs: number): readonly Action[] {
    const { by, reason, isDryRun } = command
    const detail = `restored by ${by}${reason === '' ? '' : `: ${reason}`}`
    return this.#deps.actions.restore(targets, { detail, timeMs, isDryRun })
  }

  /** A session that was joined into another is acted on by the id it has now; what was done before is under the old one. */
  #targetsOf(target: string): readonly string[] {
    const sessionId = sessionOf(target)
    return sessionId === '' ? [target] : this.#deps.idsOf(sessionId).map(targetOfSession)
  }
}

const askerOf = (command: ResponseCommand): Asker => ({
  realm: command.realm,
  id: command.commandId,
  incidentId: command.commandId,
  findingId: '',
  by: command.by,
  reason: command.reason,
  ttlMs: command.ttlMs,
  isDryRun: command.isDryRun,
  alarm: null,
})
