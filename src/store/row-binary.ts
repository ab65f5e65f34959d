/** Up to here a loop over characters beats the call into the native writer. */
const shortLengthMax = 24
const uint16Max = 65_535
const uint32Max = 4_294_967_295

/**
 * Writes ClickHouse's RowBinary (https://clickhouse.com/docs/interfaces/formats/RowBinary): values one after the other,
 * integers little-endian, strings with their length as LEB128. One growing buffer, used again for every batch.
 * Total: what a column can not hold becomes the nearest that it can, for a throw here would stop the analyser.
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
    this.#room(length * 3 + 5)
    if (length > shortLengthMax) {
      this.#longText(value)
      return
    }
    const buffer = this.#buffer
    const start = this.#at
    buffer[start] = length
    for (let i = 0; i < length; i += 1) {
      const code = value.charCodeAt(i)
      // A short text that is not ASCII takes at most 120 bytes, so that its length is one byte too.
      if (code > 127) {
        const written = buffer.write(value, start + 1, 'utf8')
        buffer[start] = written
        this.#at = start + 1 + written
        return
      }
      buffer[start + 1 + i] = code
    }
    this.#at = start + 1 + length
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
    const held = within(value, uint16Max)
    this.#buffer[this.#at] = held
    this.#buffer[this.#at + 1] = held >>> 8
    this.#at += 2
  }

  uint32(value: number): void {
    this.#room(4)
    this.#put32(this.#at, within(value, uint32Max))
    this.#at += 4
  }

  /** A 64-bit integer from a safe integer: also a DateTime64 in its own unit. */
  int64(value: number): void {
    this.#room(8)
    this.patchInt64(this.#at, value)
    this.#at += 8
  }

  /** Never negative. */
  uint64(value: number): void {
    this.int64(within(value, Number.MAX_SAFE_INTEGER))
  }

  nullableInt64(value: number | null): void {
    this.byte(value === null ? 1 : 0)
    if (value !== null) this.int64(value)
  }

  nullableUint64(value: number | null): void {
    this.byte(value === null ? 1 : 0)
    if (value !== null) this.uint64(value)
  }

  nullableUint16(value: number | null): void {
    this.byte(value === null ? 1 : 0)
    if (value !== null) this.uint16(value)
  }

  /** Puts a 64-bit integer over one that was written before, at byte `at`. */
  patchInt64(at: number, value: number): void {
    const low = value >>> 0
    this.#put32(at, low)
    this.#put32(at + 4, Math.floor((value - low) / 4_294_967_296))
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

  /** There is room for it already. */
  #longText(value: string): void {
    const { length } = value
    // Most are ASCII, and then bytes are characters: the length takes as many bytes as it would for the characters.
    const lengthBytes = varintBytes(length)
    const written = this.#buffer.write(value, this.#at + lengthBytes, 'utf8')
    const shift = varintBytes(written) - lengthBytes
    if (shift > 0)
      this.#buffer.copyWithin(this.#at + lengthBytes + shift, this.#at + lengthBytes, this.#at + lengthBytes + written)
    this.#varint(written)
    this.#at += written
  }

  #put32(at: number, value: number): void {
    const buffer = this.#buffer
    buffer[at] = value
    buffer[at + 1] = value >>> 8
    buffer[at + 2] = value >>> 16
    buffer[at + 3] = value >>> 24
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

const within = (value: number, max: number): number => (value > 0 ? Math.min(value, max) : 0)

const varintBytes = (value: number): number => {
  let bytes = 1
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes += 1
  return bytes
}
