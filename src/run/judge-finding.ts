import { randomUUID } from 'node:crypto'
import type { ReadModel } from '../api/read-model.ts'
import type { JudgeFinding } from '../api/triage-routes.ts'
import type { CommandEntry } from '../log/entry.ts'
import type { Log } from '../log/log.ts'
import type { StoreClient } from '../store/client.ts'
import { readFindingRow } from '../store/readers/finding-row.ts'
import type { AnalyserHost } from './analyser-host.ts'

export interface JudgeFindingDeps {
  readonly log: Pick<Log, 'append'>
  readonly analyser: Pick<AnalyserHost, 'ask'>
  readonly client: StoreClient
  readonly readModel: Pick<ReadModel, 'finding'>
  readonly now: () => number
}

/** Puts a judgement into the log, with the finding's row: the analyser may know the finding no more. */
export const createJudgeFinding =
  ({ log, analyser, client, readModel, now }: JudgeFindingDeps): JudgeFinding =>
  async ({ realm, findingId, by, ...judgement }) => {
    const [stored, shown] = await Promise.all([
      readFindingRow(client, realm, findingId),
      readModel.finding(realm, findingId),
    ])
    if (stored === null || shown === null) return null
    const status = judgement.status ?? stored.status
    const note = judgement.note ?? stored.note
    const command = { type: 'triage', findingId, status, note, stored } as const
    const entry: CommandEntry = { kind: 'command', commandId: `t-${randomUUID()}`, realm, by, timeMs: now(), command }
    const position = await log.append([entry])
    await analyser.ask({ position, realm, command: null })
    return { ...shown, status, note }
  }
