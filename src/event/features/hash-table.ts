/** A fixed table from words' hashes to bits, by open addressing: a look costs a few nanoseconds, a `Map` ten times that. */
export class HashTable {
  readonly #keys: Int32Array
  readonly #bits: Int32Array
  readonly #mask: number

  constructor(entries: ReadonlyMap<number, number>) {
    // At most a quarter full, so that a word which is not there nearly always meets an empty place at once.
    const size = 2 ** Math.ceil(Math.log2(entries.size * 4 + 1))
    this.#keys = new Int32Array(size)
    this.#bits = new Int32Array(size)
    this.#mask = size - 1
    for (const [key, bits] of entries) {
      const at = this.#place(key)
      this.#keys[at] = key
      this.#bits[at] = bits
    }
  }

  get(key: number): number {
    return this.#bits[this.#place(key)] ?? 0
  }

  /** Where a key is, or the empty place where it would be: bits are never 0 for a key that is there. */
  #place(key: number): number {
    let at = (key ^ (key >>> 15)) & this.#mask
    while (this.#bits[at] !== 0 && this.#keys[at] !== key) at = (at + 1) & this.#mask
    return at
  }
}
