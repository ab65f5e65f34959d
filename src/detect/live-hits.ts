import type { Hit } from './hit.ts'
import { inOrder } from './watch.ts'

/** Hits of calls that can still change, by watch, and the watches of each call. Derived: a snapshot does without. */
export class LiveHits {
  readonly #byWatch = new Map<string, Map<string, Hit>>()
  readonly #watchesOf = new Map<string, { readonly watch: string; readonly entry: string }[]>()

  /** Adds a call's hit. `by` tells apart the ways on which one call comes to a watch: `''`, or an inner watch. */
  add(watch: string, hit: Hit, by = ''): void {
    const entry = `${hit.id}\u0000${by}`
    const hits = this.#byWatch.get(watch)
    if (hits === undefined) this.#byWatch.set(watch, new Map([[entry, hit]]))
    else hits.set(entry, hit)
    // What comes through an inner watch leaves through it too.
    if (by !== '') return
    const watches = this.#watchesOf.get(hit.id)
    if (watches === undefined) this.#watchesOf.set(hit.id, [{ watch, entry }])
    else watches.push({ watch, entry })
  }

  /** The watches that a call came to by itself, with its hit there. */
  of(callId: string): readonly { readonly watch: string; readonly hit: Hit }[] {
    return (this.#watchesOf.get(callId) ?? []).flatMap(({ watch, entry }) => {
      const hit = this.#byWatch.get(watch)?.get(entry)
      return hit === undefined ? [] : [{ watch, hit }]
    })
  }

  /** Takes a call out of every watch that it came to by itself. */
  delete(callId: string): void {
    for (const { watch, entry } of this.#watchesOf.get(callId) ?? []) this.#remove(watch, entry)
    this.#watchesOf.delete(callId)
  }

  /** Takes out what an inner watch had brought. */
  deleteBy(watch: string, callId: string, by: string): void {
    this.#remove(watch, `${callId}\u0000${by}`)
  }

  has(watch: string): boolean {
    return this.#byWatch.has(watch)
  }

  inOrder(watch: string): Hit[] {
    return inOrder(this.#byWatch.get(watch)?.values() ?? [])
  }

  clear(): void {
    this.#byWatch.clear()
    this.#watchesOf.clear()
  }

  #remove(watch: string, entry: string): void {
    const hits = this.#byWatch.get(watch)
    hits?.delete(entry)
    if (hits?.size === 0) this.#byWatch.delete(watch)
  }
}
