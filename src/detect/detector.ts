import { type Entity, EntityTable, fresh } from '../correlate/entity-table.ts'
import { compareCalls } from '../correlate/order.ts'
import { type Match, matchesOf } from './count-window.ts'
import { createFinding, describe, type Finding, findingId } from './finding.ts'
import type { CallFact, CountRule } from './rule.ts'

/** One rule's view of one agent and principal. */
interface Watch extends Entity {
  readonly ruleId: string
  readonly key: string
  /** Selected calls that are final and still within the window of a later one, in order. */
  final: CallFact[]
  /** The newest bucket with a final finding. */
  lastBucket: number | null
  /** Buckets with a provisional finding. */
  provisional: number[]
  lastUs: number
}

export interface DetectorDeps {
  readonly rules: readonly CountRule[]
  /** A finding fired, changed, became final or was withdrawn. */
  readonly onFinding: (finding: Finding) => void
}

/**
 * Evaluates rules over calls. Live calls give provisional findings at once; when calls become final, in their order, so
 * does what they prove, and what later evidence took away is withdrawn.
 */
export class Detector {
  readonly watches = new EntityTable<Watch>('watches')
  readonly findings = new EntityTable<Finding>('findings')

  readonly #deps: DetectorDeps
  readonly #rules: ReadonlyMap<string, CountRule>
  /** Selected live calls per watch, and where each live call is watched. Derived. */
  readonly #live = new Map<string, Map<string, CallFact>>()
  readonly #watchedBy = new Map<string, string[]>()
  readonly #dirty = new Set<string>()
  readonly #becameFinal = new Map<string, CallFact[]>()

  constructor(deps: DetectorDeps) {
    this.#deps = deps
    this.#rules = new Map(deps.rules.map((rule) => [rule.id, rule]))
  }

  /** A live call is new or says something else. */
  onCall(call: CallFact): void {
    const watched = this.#watchedBy.get(call.id)
    if (watched !== undefined) this.onGone(call.id)
    for (const rule of this.#deps.rules) if (rule.selects(call)) this.#watch(rule, call)
  }

  onGone(callId: string): void {
    for (const key of this.#watchedBy.get(callId) ?? []) {
      const live = this.#live.get(key)
      live?.delete(callId)
      if (live?.size === 0) this.#live.delete(key)
      this.#dirty.add(key)
    }
    this.#watchedBy.delete(callId)
  }

  /** A call can change no more. Called in the order of calls; `settle` evaluates. */
  onFinal(call: CallFact): void {
    const keys = this.#watchedBy.get(call.id)
    if (keys === undefined) return
    for (const key of keys) {
      const calls = this.#becameFinal.get(key)
      if (calls === undefined) this.#becameFinal.set(key, [call])
      else calls.push(call)
    }
    this.onGone(call.id)
  }

  /** Evaluates what changed since. */
  settle(tickMs: number): void {
    for (const [key, calls] of this.#becameFinal) this.#settleFinal(key, calls, tickMs)
    this.#becameFinal.clear()
    for (const key of this.#dirty) this.#settleLive(key, tickMs)
    this.#dirty.clear()
  }

  /** Forgets windows that no call can fall into any more, and findings nothing refers to. */
  expire(options: { readonly finalThroughUs: number; readonly findingsBeforeMs: number }): void {
    for (const [key, watch] of this.watches.entries()) {
      const rule = this.#rules.get(watch.ruleId)
      if (rule === undefined || this.#live.has(key) || watch.provisional.length > 0) continue
      // Two buckets longer than the window: an adjacent bucket continues an incident.
      if (watch.lastUs + rule.timespanUs * 2 < options.finalThroughUs) this.watches.delete(key)
    }
    for (const [id, finding] of this.findings.entries()) {
      if (finding.state !== 'provisional' && finding.firedMs < options.findingsBeforeMs) this.findings.delete(id)
    }
  }

  /** Puts a live call of a snapshot back under its watches, with nothing to settle. */
  adopt(call: CallFact): void {
    this.onCall(call)
    this.#dirty.clear()
  }

  #watch(rule: CountRule, call: CallFact): void {
    const key = watchKey(rule, call)
    if (this.watches.get(key) === undefined) {
      this.watches.add(key, { ...fresh, ruleId: rule.id, key, final: [], lastBucket: null, provisional: [], lastUs: 0 })
    }
    const live = this.#live.get(key)
    if (live === undefined) this.#live.set(key, new Map([[call.id, call]]))
    else live.set(call.id, call)
    const watchedBy = this.#watchedBy.get(call.id)
    if (watchedBy === undefined) this.#watchedBy.set(call.id, [key])
    else watchedBy.push(key)
    this.#dirty.add(key)
  }

  #settleFinal(key: string, calls: readonly CallFact[], tickMs: number): void {
    const watch = this.watches.get(key)
    const rule = this.#rules.get(watch?.ruleId ?? '')
    if (watch === undefined || rule === undefined) return
    this.watches.touch(key, watch)
    const all = [...watch.final, ...calls]
    const matches = matchesOf(rule, all, { from: watch.final.length, lastBucket: watch.lastBucket })
    for (const match of matches) {
      this.#raise(watch, rule, match, { state: 'final', tickMs })
      watch.lastBucket = match.bucket
    }
    watch.lastUs = all.at(-1)?.timeUs ?? watch.lastUs
    watch.final = all.filter((call) => call.timeUs > watch.lastUs - rule.timespanUs)
    watch.provisional = watch.provisional.filter((bucket) => matches.every((match) => match.bucket !== bucket))
    this.#dirty.add(key)
  }

  #settleLive(key: string, tickMs: number): void {
    const watch = this.watches.get(key)
    const rule = this.#rules.get(watch?.ruleId ?? '')
    if (watch === undefined || rule === undefined) return
    this.watches.touch(key, watch)
    const live = [...(this.#live.get(key)?.values() ?? [])].sort(compareCalls)
    const matches = matchesOf(rule, [...watch.final, ...live], {
      from: watch.final.length,
      lastBucket: watch.lastBucket,
    })
    const before = watch.provisional
    watch.provisional = matches.map((match) => match.bucket)
    for (const bucket of before) if (!watch.provisional.includes(bucket)) this.#withdraw(watch, bucket)
    for (const match of matches) this.#raise(watch, rule, match, { state: 'provisional', tickMs })
  }

  #raise(
    watch: Watch,
    rule: CountRule,
    match: Match,
    { state, tickMs }: { readonly state: 'provisional' | 'final'; readonly tickMs: number },
  ): void {
    const incidentId = this.#incidentOf(watch.key, match.bucket)
    const known = this.findings.get(findingId(watch.key, match.bucket))
    if (known === undefined) {
      const finding = createFinding(rule, match, { subjectKey: watch.key, incidentId, tickMs })
      finding.state = state
      this.findings.add(finding.id, finding)
      this.#deps.onFinding(finding)
      return
    }
    this.findings.touch(known.id, known)
    known.state = state
    known.incidentId = incidentId
    describe(known, rule, match)
    this.#deps.onFinding(known)
  }

  #withdraw(watch: Watch, bucket: number): void {
    const finding = this.findings.get(findingId(watch.key, bucket))
    if (finding === undefined || finding.state !== 'provisional') return
    this.findings.touch(finding.id, finding)
    finding.state = 'withdrawn'
    this.#deps.onFinding(finding)
  }

  /** Findings in adjacent buckets are one incident, which keeps the id of the finding that opened it. */
  #incidentOf(key: string, bucket: number): string {
    const previous = this.findings.get(findingId(key, bucket - 1))
    return previous === undefined || previous.state === 'withdrawn' ? findingId(key, bucket) : previous.incidentId
  }
}

/** An agent that nothing identifies is watched by what describes it; that groups its calls and attributes nothing. */
const watchKey = (rule: CountRule, call: CallFact): string =>
  [rule.id, call.realm, call.agentId || `?${call.clientName}`, call.userId || call.userEmail].join('\u0000')
