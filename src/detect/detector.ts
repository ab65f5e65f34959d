import { EntityTable } from '../correlate/entity-table.ts'
import type { CallFact } from './call-fact.ts'
import { factFields } from './call-fields.ts'
import { canHold } from './evaluate/can-hold.ts'
import type { Hold } from './evaluate/hold.ts'
import type { Finding } from './finding.ts'
import { Findings } from './findings.ts'
import type { Hit } from './hit.ts'
import { LiveHits } from './live-hits.ts'
import { matchesOf, severityRank } from './match.ts'
import { addMatch, type Matched } from './matched.ts'
import type { Rule } from './rule.ts'
import { createHits, groupOf, type HitField, nodesOf, outerGroupOf, type RuleNode, watchKey } from './rule-node.ts'
import { SelectionIndex } from './selection-index.ts'
import type { EventFields } from './sigma/compile-condition.ts'
import { createWatch, inOrder, keepWatchUs, type Watch } from './watch.ts'
import { type EvaluatedWatch, evaluateWatch, foldWatch } from './watch-evaluation.ts'

/** About 1 KB each while idle. Beyond, the ones that saw nothing for longest are forgotten. */
const watchesMax = 200_000
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
  readonly watches = new EntityTable<Watch>('watches')
  readonly findings: EntityTable<Finding>
  /** Watches that were forgotten because there were too many. */
  forgotten = 0

  readonly #claims: Findings
  readonly #fields: EventFields<CallFact>
  #index: SelectionIndex
  #hitFields: readonly HitField[] = []
  #nodes: ReadonlyMap<string, RuleNode> = new Map()
  readonly #live = new LiveHits()
  readonly #dirty = new Map<string, RuleNode>()
  readonly #becameFinal = new Map<string, Hit[]>()
  /** Live calls that an inner watch brought to its outer one. Derived. */
  readonly #held = new Map<string, Map<string, Hit>>()
  /** Watches that wait for something to be absent. Derived. */
  readonly #waiting = new Map<string, RuleNode>()

  constructor(deps: DetectorDeps) {
    this.#fields = deps.fields ?? factFields
    this.#index = new SelectionIndex([], this.#fields)
    this.#claims = new Findings(deps.onFinding)
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
    this.#held.clear()
    this.#waiting.clear()
    this.#dirty.clear()
    for (const [key, watch] of [...this.watches.entries()]) {
      if (this.#nodes.get(watch.node)?.rule.version === watch.version) continue
      for (const bucket of watch.provisional) this.#claims.withdraw(key, bucket)
      this.watches.delete(key)
    }
    for (const [key, watch] of this.watches.entries()) {
      const node = this.#nodes.get(watch.node)
      if (node !== undefined) this.#dirty.set(key, node)
    }
  }

  /** A live call is new or says something else. */
  onCall(call: CallFact): void {
    this.onGone(call.id)
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
    const hitFor = createHits(call, this.#hitFields)
    for (const { node, group, mask } of matched) {
      if ((mask & node.keptMask) !== 0) this.#add(node, group, hitFor(mask))
    }
  }

  onGone(callId: string): void {
    for (const { watch } of this.#live.of(callId)) this.#dirty.set(watch.key, watch.node)
    this.#live.delete(callId)
  }

  /** A call can change no more. Called in the order of calls; `settle` evaluates. */
  onFinal(callId: string): void {
    for (const { watch, hit } of this.#live.of(callId)) this.#finalise(watch.node, watch.key, hit)
    this.#live.delete(callId)
  }

  /** Evaluates what changed since. */
  settle(moment: Moment): void {
    for (const [key, node] of this.#waiting) this.#dirty.set(key, node)
    // Inner correlations first: what they find is an input of the outer ones. By key, so that a replay keeps the order.
    for (let depth = this.#depthMax(); depth >= 0; depth -= 1) {
      const keys: string[] = []
      for (const [key, node] of this.#dirty) if (node.depth === depth) keys.push(key)
      for (const key of keys.sort()) {
        this.#dirty.delete(key)
        this.#settleWatch(key, moment)
      }
    }
    this.#dirty.clear()
  }

  /** Forgets windows that no call can fall into any more, and findings nothing refers to. */
  expire(options: { readonly finalThroughUs: number; readonly findingsBeforeMs: number }): void {
    for (const [key, watch] of this.watches.entries()) {
      const node = this.#nodes.get(watch.node)
      // One of a version that watched differently belongs to no rule.
      const isOver = node === undefined || watch.lastUs + keepWatchUs(node) < options.finalThroughUs
      if (isOver && this.#isIdle(key, watch)) this.watches.delete(key)
    }
    if (this.watches.size > watchesMax) this.#forget()
    this.#claims.expire(options.findingsBeforeMs)
  }

  /** After a snapshot's live calls were announced again: what inner correlations hold is theirs again, nothing is new. */
  adopted(moment: Moment): void {
    for (const [key, watch] of this.watches.entries()) {
      const node = this.#nodes.get(watch.node)
      if (node === undefined) continue
      if (node.correlation.logic.kind === 'absence' && watch.final.length > 0) this.#waiting.set(key, node)
    }
    for (let depth = this.#depthMax(); depth > 0; depth -= 1) {
      for (const [key, watch] of this.watches.entries()) {
        const node = this.#nodes.get(watch.node)
        if (node?.depth === depth) this.#bring(node, key, this.#evaluate(node, watch, [], moment))
      }
    }
    this.#dirty.clear()
  }

  #depthMax(): number {
    let depth = 0
    for (const node of this.#nodes.values()) depth = Math.max(depth, node.depth)
    return depth
  }

  #add(node: RuleNode, group: string, hit: Hit): void {
    const watch = this.#live.watchOf(node, group)
    if (watch.size === 0) this.#know(node, watch.key)
    this.#live.add(watch, hit)
    this.#dirty.set(watch.key, node)
  }

  #know(node: RuleNode, key: string): void {
    if (this.watches.get(key) === undefined) this.watches.add(key, createWatch(node, key))
  }

  #finalise(node: RuleNode, key: string, hit: Hit): void {
    const hits = this.#becameFinal.get(key)
    if (hits === undefined) this.#becameFinal.set(key, [hit])
    else hits.push(hit)
    this.#dirty.set(key, node)
  }

  #settleWatch(key: string, moment: Moment): void {
    const watch = this.watches.get(key)
    const node = this.#nodes.get(watch?.node ?? '')
    if (watch === undefined || node === undefined) return
    const became = inOrder(this.#becameFinal.get(key) ?? [])
    this.#becameFinal.delete(key)
    const evaluated = this.#evaluate(node, watch, became, moment)
    const isQuiet = evaluated.holds.length === 0 && watch.provisional.length === 0 && !this.#held.has(key)
    // Nothing was claimed, nothing is to be, and nothing became final: there is nothing to remember.
    if (isQuiet && became.length === 0 && node.correlation.logic.kind !== 'absence') return
    this.watches.touch(key, watch)
    if (node.parent === null) this.#claim(node, watch, evaluated, moment)
    else this.#bring(node, key, evaluated)
    this.#fold(node, watch, became, moment)
  }

  #evaluate(node: RuleNode, watch: Watch, became: readonly Hit[], { finalThroughUs }: Moment): EvaluatedWatch {
    const live = this.#live.get(watch.key)
    const { final, history } = watch
    if (!canHold(node.correlation, { final, became, live, history })) return holdsNowhere
    return evaluateWatch(node, watch, { became, live: live?.inOrder() ?? [], finalThroughUs })
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
  #bring(node: RuleNode, key: string, { hits, holds, finalCount }: EvaluatedWatch): void {
    const { parent } = node
    if (parent === null) return
    for (const hit of this.#held.get(key)?.values() ?? []) {
      const group = outerGroupOf(parent, hit)
      if (group === null) continue
      const outer = watchKey(parent.node, group)
      this.#live.deleteBrought(outer, hit.id, key)
      this.#dirty.set(outer, parent.node)
    }
    this.#held.delete(key)
    const held = new Map<string, Hit>()
    for (const hold of holds) {
      const completing = hits[hold.at] as Hit
      const group = outerGroupOf(parent, completing)
      if (group === null) continue
      const proof = hold.proof().flatMap((hit) => [...hit.proof, hit.id])
      const brought = { ...completing, mask: 1 << parent.input, proof: proof.slice(-innerProofMax) }
      if (hold.at >= finalCount) held.set(completing.id, completing)
      this.#bringHit(parent.node, group, { hit: brought, by: key, isFinal: hold.at < finalCount })
    }
    if (held.size > 0) this.#held.set(key, held)
  }

  #bringHit(
    node: RuleNode,
    group: string,
    { hit, by, isFinal }: { readonly hit: Hit; readonly by: string; readonly isFinal: boolean },
  ): void {
    const key = watchKey(node, group)
    this.#know(node, key)
    if (isFinal) this.#finalise(node, key, hit)
    else this.#live.bring(this.#live.watchOf(node, group), hit, by)
    this.#dirty.set(key, node)
  }

  #fold(node: RuleNode, watch: Watch, became: readonly Hit[], { finalThroughUs }: Moment): void {
    const isWaiting = node.correlation.logic.kind === 'absence'
    if (became.length === 0 && !isWaiting) return
    foldWatch(node, watch, { became, finalThroughUs })
    if (!isWaiting) return
    if (watch.final.length > 0) this.#waiting.set(watch.key, node)
    else this.#waiting.delete(watch.key)
  }

  #isIdle(key: string, watch: Watch): boolean {
    return this.#live.get(key) === undefined && watch.provisional.length === 0 && !this.#waiting.has(key)
  }

  #forget(): void {
    const idle = [...this.watches.entries()]
      .filter(([key, watch]) => this.#isIdle(key, watch))
      .sort(([, a], [, b]) => a.lastUs - b.lastUs || (a.key < b.key ? -1 : 1))
    for (const [key] of idle.slice(0, this.watches.size - watchesMax)) {
      this.watches.delete(key)
      this.forgotten += 1
    }
  }
}
