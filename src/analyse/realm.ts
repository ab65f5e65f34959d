import type { Call } from '../correlate/call.ts'
import { Correlator } from '../correlate/correlator.ts'
import { Directory } from '../correlate/directory.ts'
import type { EntityTable } from '../correlate/entity-table.ts'
import { Detector } from '../detect/detector.ts'
import type { Finding } from '../detect/finding.ts'
import type { RuleSet } from '../detect/parse-rules.ts'
import type { ActivityEvent } from '../event/event.ts'
import type { Activation, CommandEntry, ReceiptEntry } from '../log/entry.ts'
import type { Effect } from '../respond/effect.ts'
import { Flows } from './flows.ts'
import { limitsOf } from './realm-limits.ts'
import { RealmRows } from './realm-rows.ts'
import type { RealmScalars } from './realm-scalars.ts'
import { Response } from './response.ts'
import type { RowSink } from './rows.ts'
import { Sources } from './sources.ts'
import { Triage } from './triage.ts'

/** A session that has an id of its own is remembered this long after its last call; so are calls and findings. */
const rememberMs = 24 * 3600 * 1000
/** Final calls whose access line is still missing; about 3 KB each. */
const rememberedMax = 50_000
/** About 2 KB each. */
const sessionsMax = 200_000

export interface RealmDeps {
  readonly name: string
  readonly sink: RowSink
  readonly onEffect: (effect: Effect) => void
  /** The tick at which the realm was first heard of. */
  readonly tickMs: number
}

/** The state of one realm: events in, rows and effects out. It has no clock; ticks and marks say when. */
export class Realm {
  readonly name: string
  readonly sources = new Sources()
  readonly correlator: Correlator
  readonly detector: Detector
  readonly response: Response
  /** At how many ticks more calls were live than allowed, so that the oldest became final early. */
  finalForced = 0
  readonly flows: Flows

  readonly #rows: RealmRows
  readonly #triage: Triage
  /** Calls that the rules have not seen as they are now. */
  readonly #changed = new Set<Call>()
  #horizonUs = 0
  #tickMs: number

  constructor(deps: RealmDeps) {
    this.name = deps.name
    this.#tickMs = deps.tickMs
    this.correlator = new Correlator({
      realm: deps.name,
      sessionsMax,
      rememberedMax,
      onCall: (call) => this.#callChanged(call),
      onGone: (call) => this.#callGone(call),
      onFinal: (call) => this.#callFinal(call),
      onSessionRetired: (session) => this.#rows.sessionRetired(session),
    })
    this.flows = new Flows({ onAssess: (call) => this.#assessed(call) })
    this.detector = new Detector({ onFinding: (finding) => this.#findingChanged(finding) })
    this.response = new Response({
      correlator: this.correlator,
      onEffect: deps.onEffect,
      onAction: (action) => this.#rows.actionChanged(action),
      tickMs: deps.tickMs,
    })
    const { correlator, detector, response } = this
    const onChange = (finding: Finding) => this.#rows.findingChanged(finding)
    this.#triage = new Triage({ findings: detector.findings, onChange })
    const { sink } = deps
    this.#rows = new RealmRows({ sink, correlator, detector, actions: response.actions, triage: this.#triage })
  }

  /** How often each bound was reached, by the metric's label. */
  get limitsReached(): Readonly<Record<string, number>> {
    return limitsOf(this)
  }

  get horizonUs(): number {
    return this.#horizonUs
  }

  get tables(): readonly EntityTable<never>[] {
    const { calls, logins, sessions } = this.correlator
    const tables: unknown[] = [
      this.sources.table,
      calls.table,
      this.correlator.usualLayers.table,
      logins.logins,
      logins.tokens,
      sessions.table,
      sessions.idleRuns.tails,
      this.flows.sessions,
      this.flows.places,
      this.detector.watches,
      this.detector.findings,
      this.#triage.table,
      ...this.response.tables,
    ]
    return tables as readonly EntityTable<never>[]
  }

  activate(activation: Activation): void {
    this.response.activate(activation)
    this.correlator.sessions.idleRuns.idleUs = activation.sessionIdleMs * 1000
    this.correlator.standings.use(new Directory(activation))
  }

  /** Evaluates other rules from here on. They begin with the calls that are not final yet. */
  setRules({ rules, tools }: Pick<RuleSet, 'rules' | 'tools'>): void {
    this.detector.setRules(rules)
    this.flows.use(tools)
    for (const call of this.#liveCalls()) this.#changed.add(call)
    this.#announce()
    this.detector.settle(this.#moment())
  }

  event(event: ActivityEvent, tickMs: number): void {
    this.correlator.add(event, { tickMs, horizonUs: this.#horizonUs })
  }

  /** Time passes: the horizon moves, and what lies behind it becomes final. */
  tick(tickMs: number, activation: Activation): void {
    this.#tickMs = tickMs
    this.response.tick(tickMs)
    const latenessUs = activation.latenessMs * 1000
    const watermarkUs = this.sources.advance({ tickMs, silentMs: activation.sourceSilentMs, latenessUs })
    this.#settle()
    this.#horizonUs = Math.max(this.#horizonUs, watermarkUs - latenessUs)
    const isForced = this.correlator.finalise({ horizonUs: this.#horizonUs, callsMax: activation.callsLiveMax })
    if (isForced) this.finalForced += 1
    this.#announce()
    this.detector.settle(this.#moment())
  }

  /** Lets go of what nothing can refer to any more. */
  expire(tickMs: number, position: number): void {
    const { finalThroughUs } = this.correlator
    this.correlator.expire({ tickMs, horizonUs: this.#horizonUs, rememberMs })
    this.correlator.sessions.end({ tickMs, finalThroughUs, keepMs: rememberMs }, (session) =>
      this.#rows.writeSession(session, { version: position, tickMs }),
    )
    this.flows.expire(finalThroughUs)
    this.detector.expire({ finalThroughUs, findingsBeforeMs: tickMs - rememberMs })
    this.response.expire(tickMs - rememberMs)
    this.#triage.expire(tickMs - rememberMs)
  }

  /**
   * The end of a store batch: everything that changed is written. The mark's position becomes the rows' version, so a
   * replay writes the same rows whatever order its tables are in.
   */
  mark(mark: number): void {
    this.#settle()
    this.#rows.write({ version: mark, tickMs: this.#tickMs })
  }

  /** Whether a mark now would write something. */
  hasRows(): boolean {
    return this.#rows.hasAny(this.#tickMs)
  }

  receipt(entry: ReceiptEntry): void {
    this.response.receipt(entry)
  }

  command(entry: CommandEntry): void {
    this.response.command(entry)
    this.#triage.apply(entry.command, this.#tickMs)
    if (entry.command.type !== 'triage') return
    const finding = this.detector.findings.get(entry.command.findingId)
    if (finding !== undefined) this.response.triaged(finding, { status: entry.command.status, by: entry.by })
  }

  /** What a snapshot keeps beside the tables. */
  saveScalars(): RealmScalars {
    const { index } = this.correlator.calls
    return {
      watermarkUs: this.sources.watermarkUs,
      horizonUs: this.#horizonUs,
      finalThroughUs: this.correlator.finalThroughUs,
      tickMs: this.#tickMs,
      respondedMs: this.response.nowMs,
      lateEvents: this.correlator.lateEvents,
      forgottenCalls: this.correlator.remembered.forgotten,
      finalForced: this.finalForced,
      usualLayersIgnored: this.correlator.usualLayers.ignored,
      flowsForgotten: this.flows.forgotten,
      sharedIdOverflows: this.correlator.sharedIdOverflows,
      sessionsEvicted: this.correlator.sessions.evicted,
      hops: { first: index.firstHop, hasSeveral: index.hasSeveralHops },
      dirtySessions: [...this.correlator.sessions.dirty].map((session) => session.id),
    }
  }

  /** Completes a realm whose tables were loaded. */
  restore(scalars: RealmScalars): void {
    this.sources.watermarkUs = scalars.watermarkUs
    this.#horizonUs = scalars.horizonUs
    this.correlator.finalThroughUs = scalars.finalThroughUs
    this.#tickMs = scalars.tickMs
    this.correlator.lateEvents = scalars.lateEvents
    this.correlator.remembered.forgotten = scalars.forgottenCalls
    this.finalForced = scalars.finalForced
    this.correlator.sessions.evicted = scalars.sessionsEvicted
    this.correlator.usualLayers.ignored = scalars.usualLayersIgnored
    this.flows.forgotten = scalars.flowsForgotten
    this.correlator.sharedIdOverflows = scalars.sharedIdOverflows
    this.correlator.calls.index.firstHop = scalars.hops.first
    this.correlator.calls.index.hasSeveralHops = scalars.hops.hasSeveral
    this.correlator.reindex()
    const unwritten: Call[] = []
    for (const call of this.#liveCalls()) {
      this.flows.adopt(call)
      this.detector.onCall(this.#rows.factOf(call))
      if (call.written === null) unwritten.push(call)
    }
    this.detector.adopted(this.#moment())
    this.response.reindex(scalars.respondedMs)
    this.#rows.adopt(unwritten)
    this.correlator.sessions.dirty.clear()
    for (const id of scalars.dirtySessions) this.correlator.sessions.markDirty(id)
  }

  *#liveCalls(): Iterable<Call> {
    for (const call of this.correlator.calls.table.values()) if (call.isCall && !call.isFinal) yield call
  }

  #moment(): { readonly tickMs: number; readonly finalThroughUs: number } {
    return { tickMs: this.#tickMs, finalThroughUs: this.correlator.finalThroughUs }
  }

  #settle(): void {
    this.correlator.flush(this.#tickMs)
    this.#announce()
    this.detector.settle(this.#moment())
  }

  /** Calls change with each of their events; the rules see what has become of them. */
  #announce(): void {
    for (const call of this.#changed) this.flows.onCall(call)
    this.flows.settle()
    for (const call of this.#changed) {
      this.detector.onCall(this.#rows.factOf(call))
      this.response.judge(call)
    }
    this.#changed.clear()
  }

  #callChanged(call: Call): void {
    this.#rows.callChanged(call)
    if (!call.isFinal) this.#changed.add(call)
  }

  /** What came before a call in its session may say something new of it. */
  #assessed(call: Call): void {
    this.correlator.calls.table.touch(call.id, call)
    this.#rows.callChanged(call)
    this.#changed.add(call)
  }

  #callGone(call: Call): void {
    this.flows.onGone(call)
    this.#rows.callGone(call)
    this.#changed.delete(call)
    this.detector.onGone(call.id)
  }

  #callFinal(call: Call): void {
    this.flows.onFinal(call)
    this.#rows.callFinal(call)
    if (this.#changed.delete(call)) this.detector.onCall(this.#rows.factOf(call))
    this.detector.onFinal(call.id)
    this.response.judge(call)
  }

  #findingChanged(finding: Finding): void {
    this.#rows.findingChanged(finding)
    // What a rule in shadow finds is shown, and neither acted on nor held against a session.
    if (finding.isShadow) return
    finding.actions = this.response.onFinding(finding)
    const isSupported = finding.state !== 'withdrawn'
    for (const id of finding.sessionIds) {
      const session = this.correlator.sessions.find(id)
      if (session === undefined || session.findings.includes(finding.id) === isSupported) continue
      this.correlator.sessions.table.touch(session.id, session)
      session.findings = isSupported
        ? [...session.findings, finding.id].sort()
        : session.findings.filter((known) => known !== finding.id)
      this.correlator.sessions.dirty.add(session)
    }
  }
}
