import type { Call } from './call.ts'
import { compareCalls } from './order.ts'

/**
 * Final calls that lack a layer: their access line may come hours later. It changes the call's row and
 * nothing else; sessions and findings stay as they were proved.
 */
export class RememberedCalls {
  /** Calls forgotten because there were more than the bound, before their time was over. */
  forgotten = 0
  readonly #calls = new Set<Call>()

  get size(): number {
    return this.#calls.size
  }

  add(call: Call): void {
    this.#calls.add(call)
  }

  delete(call: Call): void {
    this.#calls.delete(call)
  }

  /** Gives up the calls that waited for `keepMs`, and the oldest above the bound. */
  expire(
    options: { readonly tickMs: number; readonly keepMs: number; readonly callsMax: number },
    forget: (call: Call) => void,
  ): void {
    for (const call of this.#calls) {
      if (call.firstSeenMs + options.keepMs <= options.tickMs) this.#forget(call, forget)
    }
    const excess = this.#calls.size - options.callsMax
    if (excess <= 0) return
    // Sorted, because a snapshot brings them in another order.
    for (const call of [...this.#calls].sort(compareCalls).slice(0, excess)) {
      this.forgotten += 1
      this.#forget(call, forget)
    }
  }

  #forget(call: Call, forget: (call: Call) => void): void {
    this.#calls.delete(call)
    forget(call)
  }
}
