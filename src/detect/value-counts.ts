/** How many hits show each value. Most groups show one, which costs no map. */
export class ValueCounts {
  #only = ''
  #onlyCount = 0
  #more: Map<string, number> | null = null

  get size(): number {
    return this.#more === null ? Math.min(this.#onlyCount, 1) : this.#more.size
  }

  add(value: string): void {
    if (this.#more === null && (this.#onlyCount === 0 || this.#only === value)) {
      this.#only = value
      this.#onlyCount += 1
      return
    }
    this.#more ??= new Map([[this.#only, this.#onlyCount]])
    this.#more.set(value, (this.#more.get(value) ?? 0) + 1)
  }

  /** The value must have been added. */
  remove(value: string): void {
    if (this.#more === null) {
      this.#onlyCount -= 1
      return
    }
    const count = this.#more.get(value) ?? 0
    if (count > 1) this.#more.set(value, count - 1)
    else this.#more.delete(value)
    if (this.#more.size > 0) return
    this.#more = null
    this.#onlyCount = 0
  }

  values(): Iterable<string> {
    if (this.#more !== null) return this.#more.keys()
    return this.#onlyCount > 0 ? [this.#only] : []
  }
}
