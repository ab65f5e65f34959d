import type { Call } from './call.ts'
import { compareCalls } from './order.ts'
import { deleteFrom } from './set-index.ts'

const secondUs = 1_000_000

/** Calls that can still change, by the second they begin in, so that the oldest are found without a look at the others. */
export class LiveCalls {
  readonly #bySecond = new Map<number, Set<Call>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  add(call: Call): void {
    const second = secondOf(call)
    const calls = this.#bySecond.get(second)
    if (calls === undefined) this.#bySecond.set(second, new Set([call]))
    else calls.add(call)
    this.#size += 1
  }

  /** Call it before the call's time changes: it is found by that. */
  delete(call: Call): void {
    deleteFrom(this.#bySecond, secondOf(call), call)
    this.#size -= 1
  }

  /**
   * The oldest calls, in the order of calls: those that began by `throughUs`, and as many of the others as there are more
   * than `callsMax`, though at most `forcedMax`. `finalThroughUs` is the time up to which none is left.
   */
  oldest({ throughUs, callsMax, forcedMax }: OldestOptions): Oldest {
    const due = this.#through(throughUs)
    const excess = Math.min(this.#size - callsMax - due.length, forcedMax)
    if (excess <= 0) return { calls: due, finalThroughUs: throughUs }
    const young = this.#after(throughUs, excess + 1)
    const next = young[excess]
    const calls = [...due, ...young.slice(0, excess)]
    const finalThroughUs = next === undefined ? (calls.at(-1)?.timeUs ?? throughUs) : next.timeUs - 1
    return { calls, finalThroughUs: Math.max(throughUs, finalThroughUs) }
  }

  #through(throughUs: number): Call[] {
    const calls: Call[] = []
    const throughSecond = Math.floor(throughUs / secondUs)
    for (const [second, began] of this.#bySecond) {
      if (second > throughSecond) continue
      for (const call of began) if (call.timeUs <= throughUs) calls.push(call)
    }
    return calls.sort(compareCalls)
  }

  /** The oldest calls that began after a time: at least so many of them, if there are. */
  #after(afterUs: number, callsMin: number): readonly Call[] {
    const calls: Call[] = []
    for (const second of [...this.#bySecond.keys()].sort((a, b) => a - b)) {
      if (calls.length >= callsMin) break
      for (const call of this.#bySecond.get(second) ?? []) if (call.timeUs > afterUs) calls.push(call)
    }
    return calls.sort(compareCalls)
  }
}

interface OldestOptions {
  readonly throughUs: number
  readonly callsMax: number
  readonly forcedMax: number
}

interface Oldest {
  readonly calls: readonly Call[]
  readonly finalThroughUs: number
}

const secondOf = (call: Call): number => Math.floor(call.timeUs / secondUs)
