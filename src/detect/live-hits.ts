import { type Hit, valuesText } from './hit.ts'
import { type RuleNode, watchKey } from './rule-node.ts'
import { inOrder } from './watch.ts'

/** A watch's hits of calls that can still change, and what tells without looking at each of them whether it can hold. */
export class LiveWatch {
  readonly key: string
  readonly node: RuleNode
  readonly group: string
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

  constructor(node: RuleNode, group: string) {
    const { correlation } = node
    const { logic } = correlation
    this.key = watchKey(node, group)
    this.node = node
    this.group = group
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
  /** By group within a node: the groups of a call are the same text for many nodes. */
  readonly #byNode = new Map<RuleNode, Map<string, LiveWatch>>()
  readonly #byKey = new Map<string, LiveWatch>()
  readonly #ofCall = new Map<string, { readonly watch: LiveWatch; readonly hit: Hit }[]>()

  /** The watch of a group; a new one holds nothing yet. */
  watchOf(node: RuleNode, group: string): LiveWatch {
    const groups = this.#byNode.get(node) ?? new Map<string, LiveWatch>()
    const known = groups.get(group)
    if (known !== undefined) return known
    const made = new LiveWatch(node, group)
    groups.set(group, made)
    this.#byNode.set(node, groups)
    this.#byKey.set(made.key, made)
    return made
  }

  /** Adds a call's hit to a watch that it came to by itself. */
  add(watch: LiveWatch, hit: Hit): void {
    watch.set(hit.id, hit)
    const known = this.#ofCall.get(hit.id)
    if (known === undefined) this.#ofCall.set(hit.id, [{ watch, hit }])
    else known.push({ watch, hit })
  }

  /** Adds what an inner watch brings; it leaves through that too. */
  bring(watch: LiveWatch, hit: Hit, by: string): void {
    watch.set(`${hit.id}\u0000${by}`, hit)
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
    const watch = this.#byKey.get(key)
    if (watch !== undefined) this.#remove(watch, `${callId}\u0000${by}`)
  }

  get(key: string): LiveWatch | undefined {
    return this.#byKey.get(key)
  }

  clear(): void {
    this.#byNode.clear()
    this.#byKey.clear()
    this.#ofCall.clear()
  }

  #remove(watch: LiveWatch, entry: string): void {
    watch.remove(entry)
    if (watch.size > 0) return
    this.#byNode.get(watch.node)?.delete(watch.group)
    this.#byKey.delete(watch.key)
  }
}

const none: readonly never[] = []
