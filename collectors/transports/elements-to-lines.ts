import { AgenttrailError } from '../../src/errors.ts'

const quote = 34
const comma = 44
const backslash = 92
const openers = new Set([91, 123])
const closers = new Set([93, 125])
const space = 32
const newline = 10
const openBracket = 91

/**
 * A JSON array of records → one record a line, every byte of an element as it was but for line ends, which become spaces
 * (inside strings JSON has none): numbers keep their digits, and the keyed hash commits to what was sent.
 * Throws `AGT_BODY_INVALID` that names the place where the body is no JSON array.
 */
export const elementsToLines = (body: Buffer): Buffer => {
  const lines = Buffer.from(body)
  const scan = { depth: 0, isDone: false }
  for (let at = 0; at < lines.length; at += 1) {
    if (lines[at] === quote && scan.depth > 0) at = endOfString(lines, at)
    else lines[at] = structural(lines[at] as number, at, scan)
  }
  if (!scan.isDone) throw notAnArray(`at byte ${body.length} it ends in the middle`)
  checkElements(lines)
  return lines
}

/** Every byte is where it was, so that an offset is one in the body as it was sent. */
const checkElements = (lines: Buffer): void => {
  if (lines.every((byte) => byte === space)) return
  for (let start = 0, element = 1; start <= lines.length; element += 1) {
    const found = lines.indexOf(newline, start)
    const end = found < 0 ? lines.length : found
    const text = lines.toString('utf8', start, end)
    const blank = text.length - text.trimStart().length
    if (blank === text.length) throw notAnArray(`element ${element}, at byte ${start}, is missing`)
    if (!isJson(text)) throw notAnArray(`element ${element}, at byte ${start + blank}, is not JSON`)
    start = end + 1
  }
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    // What is wrong with it is told by its place: the parser's own words quote the record.
    return false
  }
}

interface Scan {
  depth: number
  isDone: boolean
}

/** What takes the place of a byte outside strings. */
const structural = (byte: number, at: number, scan: Scan): number => {
  if (byte <= space) return space
  if (scan.isDone) throw notAnArray(`something follows the array at byte ${at}`)
  if (scan.depth === 0 && byte !== openBracket) throw notAnArray(`at byte ${at} there should be [`)
  if (openers.has(byte)) {
    scan.depth += 1
    return scan.depth === 1 ? space : byte
  }
  if (closers.has(byte)) {
    scan.depth -= 1
    scan.isDone = scan.depth === 0
    return scan.isDone ? space : byte
  }
  return byte === comma && scan.depth === 1 ? newline : byte
}

/** Index of the quote that ends the string which begins at `start`; the end of the body if none does. */
const endOfString = (bytes: Buffer, start: number): number => {
  for (let at = start + 1; at < bytes.length; at += 1) {
    if (bytes[at] === backslash) at += 1
    else if (bytes[at] === quote) return at
  }
  throw notAnArray(`the string at byte ${start} does not end`)
}

const notAnArray = (what: string): AgenttrailError =>
  new AgenttrailError(
    'AGT_BODY_INVALID',
    `The body is no JSON array (${what}). Send an array, or one record a line with content-type application/x-ndjson.`,
  )
