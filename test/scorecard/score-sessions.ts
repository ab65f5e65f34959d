import { Buffer } from 'node:buffer'
import { createDecodeBatch } from '../../collectors/decode.ts'
import { formats } from '../../collectors/registry.ts'
import { Analyser } from '../../src/analyse/analyser.ts'
import type { CallRow } from '../../src/correlate/rows.ts'
import type { FindingRow } from '../../src/detect/rows.ts'
import { createSealToken } from '../../src/event/seal.ts'
import { activationOf, shippedRules } from '../fakes/rules.ts'
import type { LabelledSession } from './make-sessions.ts'

/** What rules found in a session: by rule the severity and the last of the calls that prove it. */
interface SessionFindings {
  readonly session: LabelledSession
  readonly findings: readonly {
    readonly ruleId: string
    readonly isHigh: boolean
    readonly isShadow: boolean
    readonly atCall: number
  }[]
}

const nothing = (): void => undefined
const dayMs = 86_400_000

/** Runs sessions through the real decoder, analyser and shipped rules, without a store. */
export const scoreSessions = (sessions: readonly LabelledSession[]): readonly SessionFindings[] => {
  const calls = new Map<string, CallRow>()
  const found = new Map<string, FindingRow>()
  const analyser = new Analyser({
    decode: createDecodeBatch({
      formats,
      hashKey: Buffer.alloc(32, 1),
      sealToken: createSealToken({ key: Buffer.alloc(32, 2), keyId: 'k1' }),
    }),
    sink: {
      event: nothing,
      payload: nothing,
      deadLetter: nothing,
      command: nothing,
      call: (row, sign) => void (sign === 1 && calls.set(row.id, row)),
      session: nothing,
      finding: (row, sign) => void (sign === 1 && found.set(row.id, row)),
      action: nothing,
    },
    onEffect: nothing,
  })
  const apply = (entry: Parameters<Analyser['apply']>[1]): void => analyser.apply(analyser.position + 1, entry)
  apply({ kind: 'tick', timeMs: Date.UTC(2027, 0, 1) })
  const activation = activationOf({ ...analyser.activation, latenessMs: 100 * 365 * dayMs }, ...shippedRules())
  apply(activation)
  const lines = sessions.flatMap(({ events }) => events.map((event) => JSON.stringify(event)))
  apply(batchOf(lines))
  apply({ ...activation, content: { ...activation.content, latenessMs: 0 } })
  for (let day = 1; day <= 3; day += 1) apply({ kind: 'tick', timeMs: Date.UTC(2027, 0, 1) + day * dayMs })
  apply({ kind: 'mark' })
  if (calls.size !== lines.length) throw new Error(`${calls.size} calls of ${lines.length} lines`)
  return attribute(sessions, { calls, findings: [...found.values()] })
}

const attribute = (
  sessions: readonly LabelledSession[],
  { calls, findings }: { readonly calls: ReadonlyMap<string, CallRow>; readonly findings: readonly FindingRow[] },
): readonly SessionFindings[] => {
  const bySession = new Map<string, SessionFindings['findings'][number][]>()
  for (const finding of findings) {
    if (finding.state !== 'final') continue
    const rows = finding.calls.map((id) => calls.get(id)).filter((row) => row !== undefined)
    for (const id of new Set(rows.map((row) => row.explicitSessionId))) {
      const own = rows.filter((row) => row.explicitSessionId === id)
      const list = bySession.get(id) ?? []
      list.push({
        ruleId: finding.ruleId,
        isHigh: finding.severity === 'high' || finding.severity === 'critical',
        isShadow: finding.isShadow,
        atCall: Math.max(...own.map((row) => Number(row.jsonrpcId))),
      })
      bySession.set(id, list)
    }
  }
  return sessions.map((session) => ({ session, findings: bySession.get(session.id) ?? [] }))
}

const batchOf = (lines: readonly string[]): Parameters<Analyser['apply']>[1] => ({
  kind: 'batch',
  realm: 'default',
  source: 'scorecard',
  format: 'agenttrail',
  transport: 'file',
  identity: 'position',
  batchId: 'scorecard',
  baseOffset: 0,
  firstOrdinal: 0,
  records: lines.length,
  part: 0,
  parts: 1,
  isBackfill: false,
  receivedMs: Date.UTC(2027, 0, 1),
  body: Buffer.from(lines.join('\n')),
})

export interface Score {
  readonly precision: number
  readonly recall: number
  readonly honestSessions: number
  readonly honestSessionsWithHighFinding: number
  readonly attackedSessions: number
  /** From the attack's first effect to the call that completes the finding; null if nothing was found. */
  readonly callsToFindingMedian: number | null
}

/** How findings of severity high or above tell attacked sessions from the others; of one rule, or of all together. */
export const scoreOf = (sessions: readonly SessionFindings[], ruleId: string | null): Score => {
  const isHit = ({ findings }: SessionFindings): boolean => findings.some((each) => counts(each, ruleId))
  const attacked = sessions.filter(({ session }) => session.label === 'attacked')
  const others = sessions.filter(({ session }) => session.label !== 'attacked')
  const hits = attacked.filter(isHit)
  const wrong = others.filter(isHit).length
  const waits = hits.map(({ session, findings }) => {
    const at = Math.min(...findings.filter((each) => counts(each, ruleId)).map(({ atCall }) => atCall))
    return Math.max(0, at - session.firstEffect)
  })
  return {
    precision: hits.length + wrong === 0 ? 0 : round(hits.length / (hits.length + wrong)),
    recall: attacked.length === 0 ? 0 : round(hits.length / attacked.length),
    honestSessions: others.length,
    honestSessionsWithHighFinding: wrong,
    attackedSessions: attacked.length,
    callsToFindingMedian: waits.sort((a, b) => a - b)[Math.floor((waits.length - 1) / 2)] ?? null,
  }
}

const counts = (finding: SessionFindings['findings'][number], ruleId: string | null): boolean =>
  !finding.isShadow && (ruleId === null ? finding.isHigh : finding.ruleId === ruleId)

const round = (value: number): number => Math.round(value * 1000) / 1000
