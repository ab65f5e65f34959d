import { compareCalls } from '../../correlate/order.ts'
import type { Hit } from '../hit.ts'
import type { Hold } from './hold.ts'
import type { Measured } from './measured.ts'

/** What a cursor adds up along the hits; exact in both directions. */
export interface Track {
  /** Takes the hit at `at` in. Only one that `isNew` can complete something: the others are there for their windows. */
  readonly enter: (hits: readonly Hit[], at: number, isNew: boolean) => void
  /** What it comes to with the hit at `at`, if the condition holds there. */
  readonly held: (hits: readonly Hit[], at: number) => Measured | null
  /** Takes back the newest hit, which stood at `at`. */
  readonly leave: (hit: Hit, at: number) => void
  /** After some were taken back: as it was when the newest of these came in. */
  readonly settle: (hits: readonly Hit[]) => void
  /** Lets go of the final hit at `at`, which no later window needs. */
  readonly forget: (hit: Hit, at: number) => void
  /** After some were let go: so many from before the windows are gone. */
  readonly forgot: () => void
  /** The hits that prove what holds at `at`. */
  readonly proof: (hits: readonly Hit[], at: number) => readonly Hit[]
}

/** Hits that were final, that became so, and that can still change. */
export interface Sequence {
  readonly final: readonly Hit[]
  readonly became: readonly Hit[]
  readonly live: readonly Hit[]
}

/**
 * A group's hits and where a correlation holds among them, kept up to date: a call that comes, goes or changes costs what
 * lies behind it, and no evaluation of the whole. Derived: a new cursor over the same hits says the same.
 */
export class Cursor {
  readonly #track: Track
  /** Whether a hold tells anything beyond the one before it. */
  readonly #tells: (hold: Hold, before: Hold | undefined) => boolean
  #hits: Hit[] = []
  /** So many were final before; they complete nothing any more. */
  #from = 0
  #holds: Hold[] = []

  constructor(track: Track, tells: (hold: Hold, before: Hold | undefined) => boolean) {
    this.#track = track
    this.#tells = tells
  }

  /** In order. The same hold is the same object until a hit before it changes. */
  get holds(): readonly Hold[] {
    return this.#holds
  }

  get isEmpty(): boolean {
    return this.#hits.length === 0
  }

  /** Evaluates all of these. */
  start({ final, became, live }: Sequence): void {
    this.#from = final.length
    this.#advance([...final, ...became, ...live])
  }

  /** Whether hits from this time on can be exchanged without a new start. */
  reaches(sinceUs: number): boolean {
    return this.#from === 0 || (this.#hits[this.#from - 1]?.timeUs ?? 0) < sinceUs
  }

  /** What came, went or changed is of this time or later; these are the hits from there on. */
  exchange(sinceUs: number, hits: readonly Hit[]): void {
    const known = this.#hits
    const before = known.length
    while (known.length > this.#from && (known.at(-1)?.timeUs ?? 0) >= sinceUs) {
      const at = known.length - 1
      this.#track.leave(known.pop() as Hit, at)
    }
    if (known.length < before) this.#track.settle(known)
    while ((this.#holds.at(-1)?.hit.timeUs ?? Number.NEGATIVE_INFINITY) >= sinceUs) this.#holds.pop()
    this.#advance(hits)
  }

  /** The first `count` hits are final, and of them only these are kept. */
  fold(count: number, kept: readonly Hit[]): void {
    const last = this.#hits[count - 1]
    if (last !== undefined) this.#holds = this.#holds.filter(({ hit }) => compareCalls(hit, last) > 0)
    if (kept.length < count) {
      const prefix: Hit[] = []
      for (let at = 0; at < count; at += 1) {
        const hit = this.#hits[at] as Hit
        if (kept[prefix.length]?.id === hit.id) prefix.push(hit)
        else this.#track.forget(hit, at)
      }
      this.#track.forgot()
      this.#hits = [...prefix, ...this.#hits.slice(count)]
    }
    this.#from = kept.length
  }

  #advance(hits: readonly Hit[]): void {
    const known = this.#hits
    let at = known.length
    for (const hit of hits) known.push(hit)
    for (; at < known.length; at += 1) {
      const hit = known[at] as Hit
      this.#track.enter(known, at, at >= this.#from)
      // Equal times are peers: the window of a call holds them all, so the last of them completes it.
      if (at < this.#from || known[at + 1]?.timeUs === hit.timeUs) continue
      const value = this.#track.held(known, at)
      if (value === null) continue
      const hold: Hold = { hit, value, proof: () => this.#track.proof(this.#hits, this.#placeOf(hit)) }
      if (this.#tells(hold, this.#holds.at(-1))) this.#holds.push(hold)
    }
  }

  #placeOf(hit: Hit): number {
    let low = 0
    let high = this.#hits.length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareCalls(this.#hits[middle] as Hit, hit) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
