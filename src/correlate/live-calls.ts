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

  /** The calls that began by `throughUs`, in the order of calls. */
  through(throughUs: number): Call[] {
    const calls: Call[] = []
    const throughSecond = Math.floor(throughUs / secondUs)
    for (const [second, began] of this.#bySecond) {
      if (second > throughSecond) continue
      for (const call of began) if (call.timeUs <= throughUs) calls.push(call)
    }
    return calls.sort(compareCalls)
  }

  /** The end of the second by which enough calls began that without them `callsMax` are left; null if no more are live. */
  excessEndUs(callsMax: number): number | null {
    let excess = this.#size - callsMax
    if (excess <= 0) return null
    for (const second of [...this.#bySecond.keys()].sort((a, b) => a - b)) {
      excess -= this.#bySecond.get(second)?.size ?? 0
      if (excess <= 0) return (second + 1) * secondUs
    }
    return null
  }
}

const secondOf = (call: Call): number => Math.floor(call.timeUs / secondUs)
