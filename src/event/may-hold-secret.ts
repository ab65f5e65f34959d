/**
 * Beginnings of credentials, names that announce one, and the escape that could hide either. Letters match in both cases;
 * the number is where in the literal its rarest three characters start.
 */
const literals: readonly (readonly [string, number])[] = [
  ['bearer', 1],
  ['basic', 1],
  ['eyj', 0],
  ['pom_m', 2],
  ['encrypted', 4],
  ['code=', 2],
  ['code_v', 2],
  // The same within an encoded URL, encoded once or more often.
  ['code%3d', 1],
  ['code%25', 1],
  ['state%3d', 1],
  ['state%25', 1],
  ['state=', 3],
  ['signature=', 6],
  ['ghp_', 1],
  ['gho_', 1],
  ['ghu_', 1],
  ['ghs_', 1],
  ['ghr_', 1],
  ['github_pat', 5],
  ['xox', 0],
  ['xapp-', 0],
  ['akia', 1],
  ['asia', 1],
  ['aiza', 1],
  ['ya29', 0],
  ['sk-', 0],
  ['k_live', 0],
  ['k_test', 0],
  ['glpat-', 1],
  ['npm_', 0],
  ['hf_', 0],
  ['--begin', 2],
  ['://', 0],
  ['token', 1],
  ['passw', 2],
  ['passphrase', 2],
  ['pwd', 0],
  ['secret', 1],
  ['cookie', 2],
  ['authorization', 7],
  ['key', 0],
  ['credential', 2],
  ['assertion', 1],
]

/** A character's class in 5 bits: letters in one case, the marks that literals use, 0 for the rest (digits too). */
const classOf = new Uint8Array(256)
for (let letter = 0; letter < 26; letter += 1) {
  classOf[0x41 + letter] = letter + 1
  classOf[0x61 + letter] = letter + 1
}
for (const [character, code] of [
  ['_', 27],
  ['=', 28],
  ['-', 29],
  [':', 30],
  ['/', 30],
  ['\\', 31],
] as const) {
  classOf[character.charCodeAt(0)] = code
}

interface Candidate {
  /** In lower case. */
  readonly literal: Uint8Array
  /** From the literal's first character to the last of its three rare ones. */
  readonly lead: number
  /** Announces nothing where it is the whole of a name: attribute lists write `"key":` before each of their names. */
  readonly isPartOfName: boolean
}

/** By the classes of three characters. */
const candidates = new Map<number, Candidate[]>()
/** One bit for each three classes that have candidates: 4 KB, which stays in the processor's nearest cache. */
const isRare = new Int32Array(1 << 10)
/** Two bytes that may be the first two of such three, the last two, or both. Of 64 KB a text uses few lines. */
const pairs = new Uint8Array(1 << 16)
const isFirstPair = 1
const isLastPair = 2

const addCandidate = (code: number, candidate: Candidate): void => {
  candidates.set(code, [...(candidates.get(code) ?? []), candidate])
  isRare[code >> 5] = (isRare[code >> 5] ?? 0) | (1 << (code & 31))
  markPairs(code >> 10, (code >> 5) & 31, isFirstPair)
  markPairs((code >> 5) & 31, code & 31, isLastPair)
}

const markPairs = (first: number, second: number, mark: number): void => {
  for (let high = 0; high < 256; high += 1) {
    if (classOf[high] !== first) continue
    for (let low = 0; low < 256; low += 1) {
      if (classOf[low] === second) pairs[(high << 8) | low] = (pairs[(high << 8) | low] ?? 0) | mark
    }
  }
}

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))
const lowerOf = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte))

for (const [text, pivot] of literals) {
  const literal = bytesOf(text)
  const [first = 0, second = 0, third = 0] = literal.subarray(pivot, pivot + 3).map((byte) => classOf[byte] as number)
  addCandidate((first << 10) | (second << 5) | third, { literal, lead: pivot + 2, isPartOfName: text === 'key' })
}
// `\u` and anything: an escape may spell any of the above.
for (let third = 0; third < 32; third += 1)
  addCandidate((31 << 10) | (21 << 5) | third, {
    literal: bytesOf('\\u'),
    lead: 2,
    isPartOfName: false,
  })

/**
 * Whether bytes `start` to `end` hold anything that `redact` might have to replace. False alarms cost time only. Of three
 * characters in a row every second position shows two, so half of the positions are looked up in a table: a regular
 * expression over the same words takes ten times as long.
 */
export const mayHoldSecret = (bytes: Uint8Array, start: number, end: number): boolean => {
  for (let index = start + 1; index < end; index += 2) {
    const pair = pairs[((bytes[index - 1] as number) << 8) | (bytes[index] as number)] as number
    if (pair !== 0 && isAround(bytes, index, pair)) return true
  }
  return false
}

/** Whether three characters that matter end with the pair that ends at `index`, or begin with it. */
const isAround = (bytes: Uint8Array, index: number, pair: number): boolean =>
  ((pair & isLastPair) !== 0 && isAnyAt(codeAt(bytes, index - 2), bytes, index)) ||
  ((pair & isFirstPair) !== 0 && isAnyAt(codeAt(bytes, index - 1), bytes, index + 1))

const codeAt = (bytes: Uint8Array, at: number): number =>
  ((classOf[bytes[at] ?? 0] as number) << 10) |
  ((classOf[bytes[at + 1] ?? 0] as number) << 5) |
  (classOf[bytes[at + 2] ?? 0] as number)

const isAnyAt = (code: number, bytes: Uint8Array, index: number): boolean => {
  if ((((isRare[code >> 5] as number) >> (code & 31)) & 1) === 0) return false
  for (const candidate of candidates.get(code) ?? []) {
    if (isAt(candidate, bytes, index - candidate.lead)) return true
  }
  return false
}

const quote = 0x22

const isAt = ({ literal, isPartOfName }: Candidate, bytes: Uint8Array, at: number): boolean => {
  for (let offset = 0; offset < literal.length; offset += 1) {
    if (lowerOf[bytes[at + offset] ?? 0] !== literal[offset]) return false
  }
  return !(isPartOfName && bytes[at - 1] === quote && bytes[at + literal.length] === quote)
}
