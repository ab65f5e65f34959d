import { compareCalls } from '../correlate/order.ts'
import type { Cursor } from './evaluate/cursor.ts'
import type { Hold } from './evaluate/hold.ts'
import { type Hit, valuesText } from './hit.ts'
import { type RuleNode, watchKey } from './rule-node.ts'
import { ValueCounts } from './value-counts.ts'
import { mergePeers, type Watch } from './watch.ts'

/** A hit in a watch, until it leaves. */
export interface LiveEntry {
  readonly watch: LiveWatch
  readonly hit: Hit
  isIn: boolean
}

/**
 * A watch's hits of calls that can still change, and what tells without looking at each of them whether it can hold.
 * Derived from the calls: a snapshot does without.
 */
export class LiveWatch {
  readonly node: RuleNode
  readonly group: string
  /** What is remembered of the group; null = nothing, undefined = not looked up yet. */
  remembered: Watch | null | undefined
  /** Hits that became final since it was evaluated. */
  became: Hit[] = []
  /** The holds that it brought to its outer watch, while their calls can change. */
  held: ReadonlyMap<Hold, LiveEntry> = nothingHeld
  /** Where its correlation holds, while it may hold at all. */
  cursor: Cursor | null = null
  /** What came, went or changed since the cursor was up to date is of this time or later. */
  changedUs = Number.POSITIVE_INFINITY
  /** The holds that provisional findings were raised for last. */
  claimed: readonly Hold[] | null = null
  isDirty = false
  /** It waits for something to be absent. */
  isWaiting = false
  /** How many hits match each input. */
  readonly inputCounts: number[]
  readonly values = new ValueCounts()
  /** No hit was earlier or later. */
  oldestUs = Number.MAX_SAFE_INTEGER
  newestUs = 0

  /** The fields whose values are told apart; null where the correlation does not. */
  readonly #fields: readonly string[] | null
  /** The first ones are in order, up to the count; entries that left go when they are many. */
  #entries: LiveEntry[] = []
  #sortedCount = 0
  #size = 0
  /** Calls whose hits come in when they are final. */
  #expected = 0

  constructor(node: RuleNode, group: string) {
    const { logic } = node.correlation
    this.node = node
    this.group = group
    this.#fields = logic.kind === 'distinct' || logic.kind === 'newValue' ? logic.fields : null
    this.inputCounts = node.correlation.inputs.map(() => 0)
  }

  get key(): string {
    return watchKey(this.node, this.group)
  }

  get size(): number {
    return this.#size
  }

  /** Whether anything is here that is not remembered elsewhere. */
  get isNeeded(): boolean {
    const isEmpty = this.#size === 0 && this.#expected === 0 && this.became.length === 0 && this.held.size === 0
    return !isEmpty || this.isDirty || this.isWaiting
  }

  add(hit: Hit): LiveEntry {
    const entry = { watch: this, hit, isIn: true }
    if (!this.node.isLive) {
      this.#expected += 1
      return entry
    }
    this.#entries.push(entry)
    this.#size += 1
    this.changedSince(hit.timeUs)
    this.#count(hit, 1)
    if (this.#fields !== null) this.values.add(valuesText(hit, this.#fields))
    if (hit.timeUs < this.oldestUs) this.oldestUs = hit.timeUs
    if (hit.timeUs > this.newestUs) this.newestUs = hit.timeUs
    return entry
  }

  /** The call is gone, or no hit any more. */
  remove(entry: LiveEntry): void {
    if (this.#leave(entry)) this.changedSince(entry.hit.timeUs)
  }

  /** The hit can change no more. */
  finalise(entry: LiveEntry): void {
    if (!this.#leave(entry)) this.changedSince(entry.hit.timeUs)
    this.became.push(entry.hit)
  }

  changedSince(timeUs: number): void {
    if (timeUs < this.changedUs) this.changedUs = timeUs
  }

  /** Whether it was among the live hits. */
  #leave(entry: LiveEntry): boolean {
    if (!entry.isIn) return false
    entry.isIn = false
    if (!this.node.isLive) {
      this.#expected -= 1
      return false
    }
    this.#size -= 1
    this.#count(entry.hit, -1)
    if (this.#fields !== null) this.values.remove(valuesText(entry.hit, this.#fields))
    // Half of them at a time: what leaves costs as little as what comes.
    if (this.#entries.length > 2 * this.#size + compactMin) this.#compact()
    return true
  }

  /**
   * Hits from a time on, in order; one call that comes as several inputs – by itself and through inner correlations – is
   * one hit.
   */
  hitsSince(timeUs: number): readonly Hit[] {
    this.#sort()
    const entries = this.#entries
    let first = entries.length
    while (first > 0 && (entries[first - 1] as LiveEntry).hit.timeUs >= timeUs) first -= 1
    const hits: Hit[] = []
    for (; first < entries.length; first += 1) {
      const { hit, isIn } = entries[first] as LiveEntry
      if (isIn) hits.push(hit)
    }
    return mergePeers(hits)
  }

  #count({ mask }: Hit, by: 1 | -1): void {
    const counts = this.inputCounts
    for (let at = 0; at < counts.length; at += 1) if ((mask & (1 << at)) !== 0) counts[at] = (counts[at] ?? 0) + by
  }

  /** Most come at the end: only what is later than the first new one is merged with them. */
  #sort(): void {
    const entries = this.#entries
    if (this.#sortedCount === entries.length) return
    const added = entries.slice(this.#sortedCount).sort(compareEntries)
    let first = this.#sortedCount
    while (first > 0 && compareEntries(entries[first - 1] as LiveEntry, added[0] as LiveEntry) > 0) first -= 1
    const later = entries.slice(first, this.#sortedCount)
    entries.length = first
    for (const entry of later.length === 0 ? added : merge(later, added)) entries.push(entry)
    this.#sortedCount = entries.length
  }

  #compact(): void {
    const entries = this.#entries
    let sorted = 0
    for (let at = 0; at < this.#sortedCount; at += 1) if (entries[at]?.isIn) sorted += 1
    this.#entries = entries.filter(({ isIn }) => isIn)
    this.#sortedCount = sorted
  }
}

const nothingHeld: ReadonlyMap<Hold, LiveEntry> = new Map()
const compactMin = 32

const compareEntries = (a: LiveEntry, b: LiveEntry): number => compareCalls(a.hit, b.hit) || a.hit.mask - b.hit.mask

const merge = (a: readonly LiveEntry[], b: readonly LiveEntry[]): readonly LiveEntry[] =>
  [...a, ...b].sort(compareEntries)
