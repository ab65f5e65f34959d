import { type Hit, valuesText } from './hit.ts'
import type { RuleNode } from './rule-node.ts'
import { inOrder } from './watch.ts'

/** A watch's hits of calls that can still change, and what tells without looking at each of them whether it can hold. */
export class LiveWatch {
  readonly key: string
  /** The fields whose values are told apart; null where the correlation does not. */
  readonly #fields: readonly string[] | null
  readonly #hits = new Map<string, Hit>()
  /** How many hits match each input. */
  readonly inputCounts: number[]
  /** How many hits show each value. */
  readonly values = new Map<string, number>()
  /** No hit was earlier or later. */
  oldestUs = Number.MAX_SAFE_INTEGER
  newestUs = 0

  constructor(key: string, { correlation }: RuleNode) {
    const { logic } = correlation
    this.key = key
    this.#fields = logic.kind === 'distinct' || logic.kind === 'newValue' ? logic.fields : null
    this.inputCounts = correlation.inputs.map(() => 0)
  }

  get size(): number {
    return this.#hits.size
  }

  inOrder(): Hit[] {
    return inOrder(this.#hits.values())
  }

  set(entry: string, hit: Hit): void {
    this.remove(entry)
    this.#hits.set(entry, hit)
    this.#count(hit, 1)
    this.oldestUs = Math.min(this.oldestUs, hit.timeUs)
    this.newestUs = Math.max(this.newestUs, hit.timeUs)
  }

  remove(entry: string): void {
    const hit = this.#hits.get(entry)
    if (hit === undefined) return
    this.#hits.delete(entry)
    this.#count(hit, -1)
  }

  #count(hit: Hit, by: 1 | -1): void {
    for (let at = 0; at < this.inputCounts.length; at += 1) {
      if ((hit.mask & (1 << at)) !== 0) this.inputCounts[at] = (this.inputCounts[at] ?? 0) + by
    }
    if (this.#fields === null) return
    const value = valuesText(hit, this.#fields)
    const count = (this.values.get(value) ?? 0) + by
    if (count === 0) this.values.delete(value)
    else this.values.set(value, count)
  }
}

/** Hits of calls that can still change, by watch, and the watches of each call. Derived: a snapshot does without. */
export class LiveHits {
  readonly #byWatch = new Map<string, LiveWatch>()
  readonly #ofCall = new Map<string, { readonly watch: LiveWatch; readonly hit: Hit }[]>()

  /** Adds a call's hit to a watch that it came to by itself. */
  add(node: RuleNode, key: string, hit: Hit): void {
    const watch = this.#watchOf(node, key)
    watch.set(hit.id, hit)
    const known = this.#ofCall.get(hit.id)
    if (known === undefined) this.#ofCall.set(hit.id, [{ watch, hit }])
    else known.push({ watch, hit })
  }

  /** Adds what an inner watch brings; it leaves through that too. */
  bring(node: RuleNode, key: string, { hit, by }: { readonly hit: Hit; readonly by: string }): void {
    this.#watchOf(node, key).set(`${hit.id}\u0000${by}`, hit)
  }

  /** The watches that a call came to by itself, with its hit there. */
  of(callId: string): readonly { readonly watch: LiveWatch; readonly hit: Hit }[] {
    return this.#ofCall.get(callId) ?? none
  }

  /** Takes a call out of every watch that it came to by itself. */
  delete(callId: string): void {
    for (const { watch } of this.of(callId)) this.#remove(watch, callId)
    this.#ofCall.delete(callId)
  }

  /** Takes out what an inner watch had brought. */
  deleteBrought(key: string, callId: string, by: string): void {
    const watch = this.#byWatch.get(key)
    if (watch !== undefined) this.#remove(watch, `${callId}\u0000${by}`)
  }

  get(key: string): LiveWatch | undefined {
    return this.#byWatch.get(key)
  }

  clear(): void {
    this.#byWatch.clear()
    this.#ofCall.clear()
  }

  #watchOf(node: RuleNode, key: string): LiveWatch {
    const known = this.#byWatch.get(key)
    if (known !== undefined) return known
    const made = new LiveWatch(key, node)
    this.#byWatch.set(key, made)
    return made
  }

  #remove(watch: LiveWatch, entry: string): void {
    watch.remove(entry)
    if (watch.size === 0) this.#byWatch.delete(watch.key)
  }
}

const none: readonly never[] = []
