import { createHash, randomUUID } from 'node:crypto'
import type { ActionShape } from '../api/read-model.ts'
import type { OperatorCommand, ResponseControl, ResponseShape } from '../api/response-control.ts'
import type { Command } from '../log/entry.ts'
import type { Log } from '../log/log.ts'
import { milestonesOf } from '../respond/milestones.ts'
import type { ActionRow } from '../respond/rows.ts'
import { rfcTimeOfMs } from '../store/readers/times.ts'
import type { AnalyserHost } from './analyser-host.ts'
import type { ResponseAnswer } from './worker-messages.ts'

export interface ResponseControlDeps {
  readonly log: Pick<Log, 'append' | 'end'>
  readonly analyser: Pick<AnalyserHost, 'ask'>
  readonly mode: ResponseShape['mode']
  readonly now: () => number
}

/** Operators' commands: into the log, and the analyser's answer back. */
export const createResponseControl = ({ log, analyser, mode, now }: ResponseControlDeps): ResponseControl => ({
  state: async (realm) => responseShape(await analyser.ask({ position: log.end(), realm, command: null }), mode),

  command: async (asked) => {
    const { realm, type, target, by } = asked
    const commandId = commandIdOf(asked)
    const entry = { kind: 'command', commandId, realm, by, timeMs: now(), command: entryOf(asked) } as const
    const position = await log.append([entry])
    const answer = await analyser.ask({ position, realm, command: { commandId, type, target } })
    const { kind = 'conflict', actions = [] } = answer.command ?? {}
    return { kind, actions: actions.map(actionShape), response: responseShape(answer, mode) }
  },
})

/** A key is the realm's: the same key in another realm is another command. */
const commandIdOf = ({ realm, idempotencyKey }: OperatorCommand): string =>
  idempotencyKey === null
    ? `c-${randomUUID()}`
    : `c-${createHash('sha256').update(`${realm}\u0000${idempotencyKey}`).digest('base64url').slice(0, 22)}`

const entryOf = ({ type, target, reason, ttlMs, isDryRun }: OperatorCommand): Command =>
  type === 'pause' || type === 'resume' ? { type, reason } : { type, target, reason, ttlMs, isDryRun }

const responseShape = ({ pause, limits, revocations }: ResponseAnswer, mode: ResponseShape['mode']): ResponseShape => ({
  mode,
  paused: pause.isPaused,
  pausedBy: pause.by,
  pausedReason: pause.reason,
  pausedSince: pause.sinceMs === 0 ? null : rfcTimeOfMs(pause.sinceMs),
  revocations,
  limits,
})

const actionShape = (row: ActionRow): ActionShape => ({
  id: row.id,
  incidentId: row.incidentId,
  findingId: row.findingId,
  kind: row.kind,
  target: row.target,
  lever: row.lever,
  state: row.state,
  reason: row.reason,
  by: row.by,
  expiresAt: row.expiresAtMs === null ? null : rfcTimeOfMs(row.expiresAtMs),
  evidencePending: row.isEvidencePending,
  transitions: row.transitions.map(({ state, timeMs, detail }) => ({ state, time: rfcTimeOfMs(timeMs), detail })),
  msTo: milestonesOf(row.transitions),
})
