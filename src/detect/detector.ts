import type { EntityTable } from '../correlate/entity-table.ts'
import { compareText } from '../correlate/order.ts'
import type { CallFact } from './call-fact.ts'
import { factFields } from './call-fields.ts'
import { canHold, type Gathered } from './evaluate/can-hold.ts'
import type { Hold } from './evaluate/hold.ts'
import type { Finding } from './finding.ts'
import { Findings } from './findings.ts'
import type { Hit } from './hit.ts'
import { entryOf, LiveHits, saysTheSame } from './live-hits.ts'
import type { LiveEntry, LiveWatch } from './live-watch.ts'
import { matchesOf, severityRank } from './match.ts'
import { addMatch, type Matched } from './matched.ts'
import type { Rule } from './rule.ts'
import { createHits, groupOf, groupOfKey, type HitField, nodesOf, outerGroupOf, type RuleNode } from './rule-node.ts'
import { SelectionIndex } from './selection-index.ts'
import type { EventFields } from './sigma/compile-condition.ts'
import { inOrder, keepWatchUs, type Watch } from './watch.ts'
import { type EvaluatedWatch, evaluateWatch, foldWatch } from './watch-evaluation.ts'
import { WatchMemory } from './watch-memory.ts'

/** An inner correlation names at most so many of its calls as proof of an outer one. */
const innerProofMax = 50

export interface DetectorDeps {
  /** A finding fired, changed, became final or was withdrawn. */
  readonly onFinding: (finding: Finding) => void
  /** How fields are read, where the events are no calls. */
  readonly fields?: EventFields<CallFact>
}

const holdsNowhere: EvaluatedWatch = { hits: [], holds: [], finalCount: 0 }

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
      entry.watch.remove(entry)
      this.#finalise(entry.watch, entry.hit)
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

  #finalise(live: LiveWatch, hit: Hit): void {
    live.became.push(hit)
    this.#mark(live)
  }

  /** Settles a watch in which nothing holds and nothing is claimed, as most are; false if this one is no such. */
  #settleQuiet(live: LiveWatch, { finalThroughUs }: Moment): boolean {
    const { node, held } = live
    live.became = inOrder(live.became)
    if (isAbsence(node) || held.size > 0) return false
    const watch = this.#memory.of(live)
    if ((watch?.provisional.length ?? 0) > 0 || canHold(node.correlation, gatheredBy(live, watch))) return false
    if (live.became.length > 0) {
      foldWatch(node, this.#memory.keep(live), { became: live.became, finalThroughUs })
      live.became = []
    }
    return true
  }

  #settleWatch(live: LiveWatch, moment: Moment): void {
    const { node, became } = live
    const evaluated = this.#evaluate(live, moment)
    live.became = []
    const isQuiet = evaluated.holds.length === 0 && became.length === 0 && live.held.size === 0 && !isAbsence(node)
    // Nothing was claimed, nothing is to be, and nothing became final: there is nothing to remember.
    if (isQuiet && (this.#memory.of(live)?.provisional.length ?? 0) === 0) return
    const watch = this.#memory.keep(live)
    if (node.parent === null) this.#claim(node, watch, evaluated, moment)
    else this.#bring(live, evaluated)
    if (became.length > 0 || isAbsence(node)) foldWatch(node, watch, { became, finalThroughUs: moment.finalThroughUs })
    if (!isAbsence(node)) return
    if (watch.final.length > 0) this.#wait(live)
    else {
      live.isWaiting = false
      this.#waiting.delete(live)
    }
  }

  #evaluate(live: LiveWatch, { finalThroughUs }: Moment): EvaluatedWatch {
    const watch = this.#memory.of(live)
    const gathered = gatheredBy(live, watch)
    if (!canHold(live.node.correlation, gathered)) return holdsNowhere
    return evaluateWatch(live.node, gathered, { live: live.inOrder(), finalThroughUs })
  }

  /** Final holds are final findings; live ones are provisional as long as they hold. */
  #claim(node: RuleNode, watch: Watch, { hits, holds, finalCount }: EvaluatedWatch, { tickMs }: Moment): void {
    const { rule } = node
    const said = { bucket: watch.lastBucket, rank: watch.lastRank }
    const isFinal = (hold: Hold): boolean => hold.at < finalCount
    const finals = matchesOf(rule, hits, holds.filter(isFinal), said)
    for (const match of finals) {
      this.#claims.raise(rule, watch.key, match, { state: 'final', tickMs })
      watch.lastBucket = match.bucket
      watch.lastRank = severityRank(match.severity)
    }
    const after = { bucket: watch.lastBucket, rank: Number.MAX_SAFE_INTEGER }
    const isLive = (hold: Hold): boolean => rule.isProvisional && !isFinal(hold)
    const live = matchesOf(rule, hits, holds.filter(isLive), after)
    const settled = new Set([...finals, ...live].map((match) => match.bucket))
    for (const bucket of watch.provisional) if (!settled.has(bucket)) this.#claims.withdraw(watch.key, bucket)
    watch.provisional = live.map((match) => match.bucket)
    for (const match of live) this.#claims.raise(rule, watch.key, match, { state: 'provisional', tickMs })
  }

  /** Brings the calls at which an inner correlation holds to the watches of the outer one. */
  #bring(live: LiveWatch, { hits, holds, finalCount }: EvaluatedWatch): void {
    const { parent } = live.node
    if (parent === null) return
    for (const entry of live.held.values()) this.#remove(entry)
    const held = new Map<Hold, LiveEntry>()
    for (const hold of holds) {
      const completing = hits[hold.at] as Hit
      const group = outerGroupOf(parent, completing)
      if (group === null) continue
      const proof = hold.proof().flatMap((hit) => [...hit.proof, hit.id])
      const brought = { ...completing, mask: 1 << parent.input, proof: proof.slice(-innerProofMax) }
      if (hold.at < finalCount) this.#finalise(this.#live.watchOf(parent.node, group), brought)
      else if (parent.node.isLive) held.set(hold, this.#add(parent.node, group, brought))
    }
    live.held = held
  }
}

const isAbsence = (node: RuleNode): boolean => node.correlation.logic.kind === 'absence'

const gatheredBy = (live: LiveWatch, watch: Watch | null): Gathered => ({
  final: watch?.final ?? [],
  became: live.became,
  live,
  history: watch?.history ?? null,
})
