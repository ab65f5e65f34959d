/**
 * Writes ClickHouse's RowBinary (https://clickhouse.com/docs/interfaces/formats/RowBinary): values one after the other,
 * integers little-endian, strings with their length as LEB128. One growing buffer, used again for every batch.
 */
export class RowBinary {
  #buffer: Buffer
  #at = 0

  constructor(bytesMin = 1 << 20) {
    this.#buffer = Buffer.allocUnsafe(bytesMin)
  }

  /** How many bytes were written so far. */
  get bytes(): number {
    return this.#at
  }

  /** What was written so far: a view that the next write may change. */
  view(): Buffer {
    return this.#buffer.subarray(0, this.#at)
  }

  clear(): void {
    this.#at = 0
  }

  text(value: string): void {
    const { length } = value
    // Up to 127 bytes the length is one byte; most values are short and ASCII, and then bytes are characters.
    this.#room(length * 3 + 5)
    if (length < 43) {
      const written = this.#buffer.write(value, this.#at + 1, 'utf8')
      this.#buffer[this.#at] = written
      this.#at += written + 1
      return
    }
    const bytes = Buffer.byteLength(value)
    this.#varint(bytes)
    this.#at += this.#buffer.write(value, this.#at, 'utf8')
  }

  byte(value: number): void {
    this.#room(1)
    this.#buffer[this.#at] = value
    this.#at += 1
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#buffer.set(bytes, this.#at)
    this.#at += bytes.length
  }

  bool(value: boolean): void {
    this.byte(value ? 1 : 0)
  }

  uint16(value: number): void {
    this.#room(2)
    this.#at = this.#buffer.writeUInt16LE(value, this.#at)
  }

  uint32(value: number): void {
    this.#room(4)
    this.#at = this.#buffer.writeUInt32LE(value, this.#at)
  }

  /** A 64-bit integer, signed or not, from a safe integer: also a DateTime64 in its own unit. */
  int64(value: number): void {
    this.#room(8)
    this.patchInt64(this.#at, value)
    this.#at += 8
  }

  nullableInt64(value: number | null): void {
    this.byte(value === null ? 1 : 0)
    if (value !== null) this.int64(value)
  }

  nullableUint16(value: number | null): void {
    this.byte(value === null ? 1 : 0)
    if (value !== null) this.uint16(value)
  }

  /** Puts a 64-bit integer over one that was written before, at byte `at`. */
  patchInt64(at: number, value: number): void {
    const low = value >>> 0
    this.#buffer.writeUInt32LE(low, at)
    this.#buffer.writeInt32LE(Math.floor((value - low) / 4_294_967_296), at + 4)
  }

  texts(values: readonly string[]): void {
    this.#room(5)
    this.#varint(values.length)
    for (const value of values) this.text(value)
  }

  map(values: Readonly<Record<string, string>>): void {
    const keys = Object.keys(values)
    this.#room(5)
    this.#varint(keys.length)
    for (const key of keys) {
      this.text(key)
      this.text(values[key] ?? '')
    }
  }

  #varint(value: number): void {
    let rest = value
    while (rest >= 128) {
      this.#buffer[this.#at] = (rest & 127) | 128
      this.#at += 1
      rest >>>= 7
    }
    this.#buffer[this.#at] = rest
    this.#at += 1
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + bytes))
    this.#buffer.copy(grown, 0, 0, this.#at)
    this.#buffer = grown
  }
}
