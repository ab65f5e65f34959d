/** What a look at the bytes of a JSON text tells before it is parsed. */
export interface JsonFacts {
  /** Members of all objects, repeated keys counted each time: colons outside strings. */
  readonly members: number
  /** Deepest nesting; the outermost object is 1. */
  readonly depthMax: number
  /** Numbers that a double may not keep: long runs of digits, exponents. Outside strings. */
  readonly longNumbers: number
}

const quote = 0x22
const backslash = 0x5c
/** 2^53 has 16 digits. */
const digitsMin = 16

/** What one byte outside a string adds: tables, because this loop sees every byte that comes in. */
const tableOf = (entries: Readonly<Record<string, number>>): Int8Array => {
  const table = new Int8Array(256)
  for (const [character, value] of Object.entries(entries)) table[character.charCodeAt(0)] = value
  return table
}
const depthOf = tableOf({ '{': 1, '[': 1, '}': -1, ']': -1 })
const memberOf = tableOf({ ':': 1 })
const digitOf = tableOf({ 0: 1, 1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 1, 7: 1, 8: 1, 9: 1 })
const exponentOf = tableOf({ e: 1, E: 1 })

/** One pass over bytes `start` to `end`. Cheap enough for every record; says nothing useful about text that is no JSON. */
export const scanJson = (bytes: Uint8Array, start: number, end: number): JsonFacts => {
  let members = 0
  let depth = 0
  let depthMax = 0
  let digits = 0
  let longNumbers = 0
  let index = start
  while (index < end) {
    const byte = bytes[index] as number
    members += memberOf[byte] as number
    depth += depthOf[byte] as number
    depthMax = Math.max(depth, depthMax)
    const digitsNow = (digits + 1) * (digitOf[byte] as number)
    if (digitsNow === digitsMin || (digits !== 0 && exponentOf[byte] === 1)) longNumbers += 1
    digits = digitsNow
    index = byte === quote ? endOfString(bytes, index, end) + 1 : index + 1
  }
  return { members, depthMax, longNumbers }
}

/** Position of the quote that closes the string opened at `start`, or `end`. */
const endOfString = (bytes: Uint8Array, start: number, end: number): number => {
  let index = start + 1
  while (index < end) {
    const byte = bytes[index]
    if (byte === quote) return index
    index += byte === backslash ? 2 : 1
  }
  return end
}
