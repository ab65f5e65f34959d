/** What a word can be told to be by its shape alone. */
export type WordShape = 'plain' | 'number' | 'email' | 'host' | 'account' | 'handle'

/** Letters and digits begin a word; joiners stay within one if a letter or digit follows. */
const letter = 1
const digit = 2
const joiner = 4
const joins = letter | digit | joiner
const sentenceEnd = 8
const lineEnd = 16
const kinds = new Uint8Array(128)
for (let code = 0x61; code <= 0x7a; code += 1) {
  kinds[code] = letter
  kinds[code - 0x20] = letter
}
for (let code = 0x30; code <= 0x39; code += 1) kinds[code] = digit
for (const mark of "-_.@/+:%'") kinds[mark.charCodeAt(0)] = joiner
for (const mark of '.!?') kinds[mark.charCodeAt(0)] = (kinds[mark.charCodeAt(0)] ?? 0) | sentenceEnd
for (const mark of '\n\r') kinds[mark.charCodeAt(0)] = lineEnd

const kindOf = (code: number): number => {
  if (code < 128) return kinds[code] ?? 0
  if (code === 0x3002 || code === 0xff01 || code === 0xff1f) return sentenceEnd | lineEnd
  // Spaces, quotes and marks beyond ASCII part words.
  if (code === 0xa0 || (code >= 0x2000 && code <= 0x206f) || (code >= 0x3000 && code <= 0x303f)) return 0
  if (code >= 0xff00 && code <= 0xff0f) return 0
  return letter
}

/** Scripts that are written without spaces: each character is a word. */
const isUnspaced = (code: number): boolean => code >= 0x3040 && code <= 0x9fff

export interface WordVisitor {
  /** `hash`: 32 bits of the word in lower case, without scheme and `www.`. */
  readonly onWord: (hash: number, shape: WordShape, start: number, end: number) => void
  /** A sentence, a line or the text ended. */
  readonly onBreak: () => void
}

const hashBasis = 0x811c9dc5 | 0
const hashPrime = 0x01000193

/** Walks over the words and sentences of a text once. */
export const readWords = (text: string, visitor: WordVisitor): void => {
  const { length } = text
  let at = 0
  while (at < length) {
    const code = text.charCodeAt(at)
    const kind = code < 128 ? (kinds[code] ?? 0) : kindOf(code)
    if ((kind & (letter | digit)) !== 0) at = readWord(text, at, visitor)
    else {
      if (kind !== 0 && isBreak(text, at, kind)) visitor.onBreak()
      at += 1
    }
  }
  visitor.onBreak()
}

/** A line's end, or a mark at the end of a sentence: one that a space follows. */
const isBreak = (text: string, at: number, kind: number): boolean => {
  if ((kind & lineEnd) !== 0) return true
  if ((kind & sentenceEnd) === 0) return false
  const next = text.charCodeAt(at + 1)
  return Number.isNaN(next) || next === 0x20 || next === 0x0a
}

/** Tells of the word that begins here; returns where it ends. Marks belong to it only between letters or digits. */
// biome-ignore lint/complexity/noExcessiveCognitiveComplexity: one loop over every character of every result.
const readWord = (text: string, start: number, visitor: WordVisitor): number => {
  const { length } = text
  let hash = hashBasis
  let running = hashBasis
  let end = start
  let digits = 0
  let letters = 0
  for (let at = start; at < length; at += 1) {
    const code = text.charCodeAt(at)
    const kind = code < 128 ? (kinds[code] ?? 0) : kindOf(code)
    if (kind === 0 || (kind & joins) === 0) break
    running = Math.imul(running ^ (kind === letter && code < 0x5b ? code | 0x20 : code), hashPrime)
    if ((kind & (letter | digit)) === 0) {
      // No more marks than those of `://`, and a colon only as one of them.
      if (at - end >= 3 || (code === 0x3a && !isScheme(text, at))) break
      continue
    }
    if (isUnspaced(code)) {
      if (at > start) break
      visitor.onWord(running, 'plain', at, at + 1)
      return at + 1
    }
    if (kind === digit) digits += 1
    else letters += 1
    hash = running
    end = at + 1
  }
  const marks = end - start - digits - letters
  if (marks === 0 && digits === 0) visitor.onWord(hash, 'plain', start, end)
  else tellMarked(text, { start, end, hash, counts: { digits, letters, marks } }, visitor)
  return end
}

/** A word with digits or marks may be a host, an address, an account. */
const tellMarked = (
  text: string,
  word: { readonly start: number; readonly end: number; readonly hash: number; readonly counts: Shape['counts'] },
  visitor: WordVisitor,
): void => {
  const { start, end, counts } = word
  const from = counts.marks === 0 ? start : bodyOf(text, start, end)
  const hash = from === start ? word.hash : hashWord(text.slice(from, end).toLowerCase())
  visitor.onWord(hash, shapeOf(text, { start, from, end, counts }), start, end)
}

const isScheme = (text: string, at: number): boolean =>
  text.charCodeAt(at + 1) === 0x2f && text.charCodeAt(at + 2) === 0x2f

const schemeCharsMax = 8

/** Where a word begins behind its scheme and `www.`. */
const bodyOf = (text: string, start: number, end: number): number => {
  let from = start
  for (let at = start + 2; at < start + schemeCharsMax && at < end - 3; at += 1) {
    if (text.charCodeAt(at) === 0x3a) from = at + 3
  }
  return text.startsWith('www.', from) && end - from > 8 ? from + 4 : from
}

interface Shape {
  readonly start: number
  /** Behind its scheme and `www.`. */
  readonly from: number
  readonly end: number
  readonly counts: { readonly digits: number; readonly letters: number; readonly marks: number }
}

const shapeOf = (text: string, shape: Shape): WordShape => {
  const { digits, letters, marks } = shape.counts
  const marked = marks > 0 ? markedShape(text.slice(shape.from, shape.end)) : null
  if (marked !== null) return marked
  if (shape.from - shape.start > 4) return 'host'
  if (letters === 0) return 'number'
  if (digits === 0) return 'plain'
  if (marks === 0 && isAccount(text, shape)) return 'account'
  return digits >= 4 && shape.end - shape.from >= 16 ? 'handle' : 'plain'
}

const markedShape = (word: string): WordShape | null => {
  const at = word.indexOf('@')
  if (at > 0 && word.lastIndexOf('.') > at) return 'email'
  return word.includes('.') && isHost(word) ? 'host' : null
}

/** Two letters, two digits and 11 to 30 letters and digits, as an IBAN is written, most of them digits. */
const isAccount = (text: string, { from, end, counts }: Shape): boolean =>
  end - from >= 15 && end - from <= 34 && counts.digits >= 10 && /^[A-Za-z]{2}\d\d/.test(text.slice(from, from + 4))

/** Endings of host names. File names have dots too, so the ending must be one that is used on the Internet. */
const endings: ReadonlySet<string> = new Set(
  'com org net io ai app dev co info biz xyz me us uk de fr es it nl eu ch at pl pt br jp cn in ru ca au se no fi dk be cz gov edu mil int cloud site online shop store tech blog news live club link page web top pro test example local internal invalid onion'.split(
    ' ',
  ),
)

const isHost = (word: string): boolean => {
  const slash = word.indexOf('/')
  const host = slash === -1 ? word : word.slice(0, slash)
  const dot = host.lastIndexOf('.')
  return dot > 0 && endings.has(host.slice(dot + 1).toLowerCase())
}

/** The hash that a word in lower case has. */
export const hashWord = (word: string): number => {
  let hash = hashBasis
  for (let at = 0; at < word.length; at += 1) hash = Math.imul(hash ^ word.charCodeAt(at), hashPrime)
  return hash
}
