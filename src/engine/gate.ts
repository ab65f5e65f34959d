/** Lets at most `inFlightMax` pieces of work run at once; the rest wait their turn, in order. */
export class Gate {
  readonly #inFlightMax: number
  readonly #waiting: (() => void)[] = []
  #inFlight = 0

  constructor(inFlightMax: number) {
    this.#inFlightMax = inFlightMax
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inFlight < this.#inFlightMax) this.#inFlight += 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      // The place is handed on, so that nobody overtakes who waits.
      const next = this.#waiting.shift()
      if (next === undefined) this.#inFlight -= 1
      else next()
    }
  }
}
