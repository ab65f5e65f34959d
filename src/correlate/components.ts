import type { Call } from './call.ts'
import type { CallIndex } from './call-index.ts'
import { joinReachUs } from './links.ts'
import type { View } from './view.ts'

/** How far apart calls under one id may begin and still have to do with each other: each may spread over the reach. */
const reachUs = 2 * joinReachUs

/** Calls that share ids, directly or through others, and all their views. */
export interface Component {
  readonly calls: readonly Call[]
  readonly views: readonly View[]
}

/** Gathers what must be split into calls anew: the calls with new evidence and those that share an id with them. */
export class Components {
  /**
   * How often more calls shared ids than are looked at together: somebody uses one id for everything. What is beyond the
   * bound stays as it is.
   */
  overflows = 0
  readonly #index: CallIndex
  readonly #waiting = new Map<Call, readonly View[]>()

  constructor(index: CallIndex) {
    this.#index = index
  }

  /** The calls that share an id with the view, near in time. */
  callsNear(view: View): readonly Call[] {
    const keys = this.#index.keysOf(view)
    const [only] = keys
    if (keys.length === 1 && only !== undefined) return this.#near(only, view)
    const found = new Set<Call>()
    for (const key of keys) for (const call of this.#near(key, view)) found.add(call)
    return [...found]
  }

  /** The call is to be looked at at the next `take`. */
  wait(call: Call): void {
    if (!this.#waiting.has(call)) this.#waiting.set(call, none)
  }

  /** The same, with a view that shares an id with it. False if as many wait for it as are looked at together. */
  join(call: Call, view: View): boolean {
    const views = this.#waiting.get(call) ?? none
    if (views.length >= callsMax) {
      this.overflows += 1
      return false
    }
    this.#waiting.set(call, views.length === 0 ? [view] : [...views, view])
    return true
  }

  *take(): Generator<Component> {
    for (const [call, views] of this.#waiting) {
      this.#waiting.delete(call)
      yield isAlone(call, views) ? { calls: [call], views: call.views } : this.#gather(call, views)
    }
  }

  #gather(start: Call, added: readonly View[]): Component {
    const calls = [start]
    const views = added.length === 0 ? [...start.views] : [...start.views, ...added]
    // Grows while it is walked.
    for (const view of views) {
      for (const key of this.#index.keysOf(view)) {
        for (const call of this.#near(key, view)) if (call !== start) this.#include(call, calls, views)
      }
    }
    return { calls, views }
  }

  #include(call: Call, calls: Call[], views: View[]): void {
    if (call.isFinal || calls.includes(call)) return
    if (calls.length >= callsMax || views.length >= viewsMax) {
      this.overflows += 1
      return
    }
    calls.push(call)
    views.push(...call.views, ...this.#takeAdded(call))
  }

  #takeAdded(call: Call): readonly View[] {
    const added = this.#waiting.get(call) ?? none
    this.#waiting.delete(call)
    return added
  }

  #near(key: string, view: View): readonly Call[] {
    return this.#index.near(key, view.timeUs, { reachUs, callsMax })
  }
}

/** One that began since the last `take` found nobody under its ids; whoever came since found it and waits with it. */
const isAlone = (call: Call, added: readonly View[]): boolean =>
  added.length === 0 && call.views.length === 1 && !call.isCall

/** Calls that are looked at together. An honest id is of one call, or of a few where a client counts from one again. */
const callsMax = 128
/** The same of their views, of which a call has a few. */
const viewsMax = 2 * callsMax
const none: readonly View[] = []
