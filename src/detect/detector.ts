import type { EntityTable } from '../correlate/entity-table.ts'
import { compareText } from '../correlate/order.ts'
import type { CallFact } from './call-fact.ts'
import { factFields } from './call-fields.ts'
import { claimHolds, finality } from './claim-holds.ts'
import { canHold, type Gathered } from './evaluate/can-hold.ts'
import type { Hold } from './evaluate/hold.ts'
import type { Finding } from './finding.ts'
import { Findings } from './findings.ts'
import type { Hit } from './hit.ts'
import { entryOf, LiveHits, saysTheSame } from './live-hits.ts'
import type { LiveEntry, LiveWatch } from './live-watch.ts'
import { addMatch, type Matched } from './matched.ts'
import type { Rule } from './rule.ts'
import { createHits, groupOf, groupOfKey, type HitField, nodesOf, outerGroupOf, type RuleNode } from './rule-node.ts'
import { SelectionIndex } from './selection-index.ts'
import type { EventFields } from './sigma/compile-condition.ts'
import { inOrder, keepWatchUs, type Watch } from './watch.ts'
import { foldLive, holdsOf } from './watch-evaluation.ts'
import { WatchMemory } from './watch-memory.ts'

/** An inner correlation names at most so many of its calls as proof of an outer one. */
const innerProofMax = 50

export interface DetectorDeps {
  /** A finding fired, changed, became final or was withdrawn. */
  readonly onFinding: (finding: Finding) => void
  /** How fields are read, where the events are no calls. */
  readonly fields?: EventFields<CallFact>
}

const nowhere: readonly Hold[] = []

interface Moment {
  readonly tickMs: number
  /** Every call up to here is final. */
  readonly finalThroughUs: number
}

/**
 * Evaluates rules over calls. Live calls give provisional findings at once; when calls become final, in their order, so
 * does what they prove, and what later evidence took away is withdrawn.
 */
export class Detector {
  readonly watches: EntityTable<Watch>
  readonly findings: EntityTable<Finding>

  readonly #memory = new WatchMemory()
  readonly #claims: Findings
  readonly #fields: EventFields<CallFact>
  #index: SelectionIndex
  #hitFields: readonly HitField[] = []
  #nodes: ReadonlyMap<string, RuleNode> = new Map()
  readonly #live = new LiveHits()
  /** By depth. */
  #dirty: LiveWatch[][] = []
  readonly #waiting = new Set<LiveWatch>()

  constructor(deps: DetectorDeps) {
    this.#fields = deps.fields ?? factFields
    this.#index = new SelectionIndex([], this.#fields)
    this.#claims = new Findings(deps.onFinding)
    this.watches = this.#memory.table
    this.findings = this.#claims.table
  }

  /** Watches that were forgotten because there were too many. */
  get forgotten(): number {
    return this.#memory.forgotten
  }

  /**
   * Evaluates these rules from here on. A rule that is as it was keeps its windows; of another one what is not final is
   * withdrawn, and it begins with the live calls, which are to be announced again.
   */
  setRules(rules: readonly Rule[]): void {
    const { nodes, selections, hitFields } = nodesOf(
      rules.filter((rule) => rule.state !== 'off'),
      this.#fields,
    )
    this.#hitFields = hitFields
    this.#nodes = new Map(nodes.map((node) => [node.key, node]))
    this.#index = new SelectionIndex(selections, this.#fields)
    this.#live.clear()
    this.#waiting.clear()
    this.#dirty = []
    for (const [key, watch] of [...this.watches.entries()]) {
      const node = this.#nodes.get(watch.node)
      if (node?.rule.version === watch.version) {
        this.#mark(this.#liveOf(node, watch))
        continue
      }
      for (const bucket of watch.provisional) this.#claims.withdraw(key, bucket)
      this.watches.delete(key)
    }
  }

  /** A live call is new or says something else. */
  onCall(call: CallFact): void {
    const before = this.#live.of(call.id)
    const after: LiveEntry[] = []
    const hitFor = createHits(call, this.#hitFields)
    for (const { node, group, mask } of this.#matched(call)) {
      if ((mask & node.keptMask) === 0) continue
      const hit = hitFor(mask)
      const known = entryOf(before, node, group)
      after.push(known !== null && saysTheSame(known.hit, hit, node.fields) ? known : this.#add(node, group, hit))
    }
    for (const entry of before) if (!after.includes(entry)) this.#remove(entry)
    this.#live.set(call.id, after)
  }

  onGone(callId: string): void {
    for (const entry of this.#live.of(callId)) this.#remove(entry)
    this.#live.delete(callId)
  }

  /** A call can change no more. Called in the order of calls; `settle` evaluates. */
  onFinal(callId: string): void {
    for (const entry of this.#live.of(callId)) {
      entry.watch.finalise(entry)
      this.#mark(entry.watch)
    }
    this.#live.delete(callId)
  }

  /** Evaluates what changed since. */
  settle(moment: Moment): void {
    for (const live of this.#waiting) this.#mark(live)
    // Inner correlations first: what they find is an input of the outer ones.
    for (let depth = this.#dirty.length - 1; depth >= 0; depth -= 1) {
      const dirty = this.#dirty[depth] ?? []
      this.#dirty[depth] = []
      const told = dirty.filter((live) => !this.#settleQuiet(live, moment))
      // By key, so that a replay keeps the order.
      for (const live of told.sort((a, b) => compareText(a.key, b.key))) this.#settleWatch(live, moment)
      this.#settled(dirty)
    }
  }

  /** Forgets windows that no call can fall into any more, and findings nothing refers to. */
  expire(options: { readonly finalThroughUs: number; readonly findingsBeforeMs: number }): void {
    this.#memory.expire(options.finalThroughUs, (watch) => {
      const node = this.#nodes.get(watch.node)
      const isLive = node !== undefined && this.#live.get(node, groupOfKey(node, watch.key)) !== undefined
      // One of a version that watched differently belongs to no rule.
      return { isLive, keepUs: node === undefined ? 0 : keepWatchUs(node, watch.lastBucket !== null) }
    })
    this.#claims.expire(options.findingsBeforeMs)
  }

  /** After a snapshot's live calls were announced again: what inner correlations hold is theirs again, nothing is new. */
  adopted(moment: Moment): void {
    for (const watch of this.watches.values()) {
      const node = this.#nodes.get(watch.node)
      if (node === undefined) continue
      if (node.depth > 0) this.#mark(this.#liveOf(node, watch))
      if (isAbsence(node) && watch.final.length > 0) this.#wait(this.#liveOf(node, watch))
    }
    for (let depth = this.#dirty.length - 1; depth > 0; depth -= 1) {
      for (const live of this.#dirty[depth] ?? []) this.#bring(live, this.#evaluate(live, moment))
    }
    this.#settled(this.#dirty.flat())
    this.#dirty = []
  }

  #settled(watches: readonly LiveWatch[]): void {
    for (const live of watches) {
      live.isDirty = false
      if (!live.isNeeded) this.#live.drop(live)
    }
  }

  #matched(call: CallFact): readonly Matched[] {
    const groups: (string | null | undefined)[] = []
    const matched: Matched[] = []
    this.#index.match(call, (targets) => {
      for (const target of targets) {
        const { at } = target.grouping
        const group = groups[at] === undefined ? groupOf(target.grouping, call) : groups[at]
        groups[at] = group
        if (group !== null) addMatch(matched, target, group)
      }
    })
    return matched
  }

  #add(node: RuleNode, group: string, hit: Hit): LiveEntry {
    const live = this.#live.watchOf(node, group)
    if (node.isLive) this.#mark(live)
    return live.add(hit)
  }

  #remove(entry: LiveEntry): void {
    entry.watch.remove(entry)
    this.#mark(entry.watch)
  }

  #mark(live: LiveWatch): void {
    if (live.isDirty) return
    live.isDirty = true
    const { depth } = live.node
    while (this.#dirty.length <= depth) this.#dirty.push([])
    this.#dirty[depth]?.push(live)
  }

  #wait(live: LiveWatch): void {
    live.isWaiting = true
    this.#waiting.add(live)
  }

  #liveOf(node: RuleNode, watch: Watch): LiveWatch {
    return this.#live.watchOf(node, groupOfKey(node, watch.key))
  }

  /** Settles a watch in which nothing holds and nothing is claimed, as most are; false if this one is no such. */
  #settleQuiet(live: LiveWatch, { finalThroughUs }: Moment): boolean {
    const { node, held } = live
    live.became = inOrder(live.became)
    if (isAbsence(node) || held.size > 0) return false
    const watch = this.#memory.of(live)
    if ((watch?.provisional.length ?? 0) > 0 || canHold(node.correlation, gatheredBy(live, watch))) return false
    live.cursor = null
    if (live.became.length > 0) foldLive(live, this.#memory.keep(live), finalThroughUs)
    return true
  }

  #settleWatch(live: LiveWatch, moment: Moment): void {
    const { node, became } = live
    const holds = this.#evaluate(live, moment)
    const isQuiet = holds.length === 0 && became.length === 0 && live.held.size === 0 && !isAbsence(node)
    // Nothing was claimed, nothing is to be, and nothing became final: there is nothing to remember.
    if (isQuiet && (this.#memory.of(live)?.provisional.length ?? 0) === 0) return
    const watch = this.#memory.keep(live)
    if (node.parent === null) claimHolds(live, watch, holds, { claims: this.#claims, tickMs: moment.tickMs })
    else this.#bring(live, holds)
    if (became.length > 0 || isAbsence(node)) foldLive(live, watch, moment.finalThroughUs)
    if (!isAbsence(node)) return
    if (watch.final.length > 0) this.#wait(live)
    else {
      live.isWaiting = false
      this.#waiting.delete(live)
    }
  }

  #evaluate(live: LiveWatch, { finalThroughUs }: Moment): readonly Hold[] {
    const gathered = gatheredBy(live, this.#memory.of(live))
    if (canHold(live.node.correlation, gathered)) return holdsOf(live, gathered, finalThroughUs)
    live.cursor = null
    return nowhere
  }

  /** Brings the calls at which an inner correlation holds to the watches of the outer one. */
  #bring(live: LiveWatch, holds: readonly Hold[]): void {
    const { parent } = live.node
    if (parent === null) return
    const isFinal = finality(live, this.#memory.of(live))
    const held = new Map<Hold, LiveEntry>()
    for (const hold of holds) {
      const group = outerGroupOf(parent, hold.hit)
      if (group === null) continue
      if (isFinal(hold)) this.#bringFinal(this.#live.watchOf(parent.node, group), broughtBy(hold, parent.input))
      else held.set(hold, live.held.get(hold) ?? this.#add(parent.node, group, broughtBy(hold, parent.input)))
    }
    for (const [hold, entry] of live.held) if (!held.has(hold)) this.#remove(entry)
    live.held = held
  }

  #bringFinal(live: LiveWatch, hit: Hit): void {
    live.became.push(hit)
    live.changedSince(hit.timeUs)
    this.#mark(live)
  }
}

/** What an outer correlation gets of an inner one's hold. */
const broughtBy = ({ hit, proof }: Hold, input: number): Hit => {
  const calls = proof().flatMap((each) => [...each.proof, each.id])
  return { ...hit, mask: 1 << input, proof: calls.slice(-innerProofMax) }
}

const isAbsence = (node: RuleNode): boolean => node.correlation.logic.kind === 'absence'

const gatheredBy = (live: LiveWatch, watch: Watch | null): Gathered => ({
  final: watch?.final ?? [],
  became: live.became,
  live,
  history: watch?.history ?? null,
})
