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
 * Throws `AGT_BODY_INVALID` where the body is no array.
 */
export const elementsToLines = (body: Buffer): Buffer => {
  const lines = Buffer.from(body)
  const scan = { depth: 0, isDone: false }
  for (let at = 0; at < lines.length; at += 1) {
    if (lines[at] === quote && scan.depth > 0) at = endOfString(lines, at)
    else lines[at] = structural(lines[at] as number, scan)
  }
  if (!scan.isDone) throw notAnArray('it ends in the middle')
  return lines
}

interface Scan {
  depth: number
  isDone: boolean
}

/** What takes the place of a byte outside strings. */
const structural = (byte: number, scan: Scan): number => {
  if (byte <= space) return space
  if (scan.isDone) throw notAnArray('something follows the array')
  if (scan.depth === 0 && byte !== openBracket) throw notAnArray('it does not begin with [')
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
  throw notAnArray('a string in it does not end')
}

const notAnArray = (what: string): AgenttrailError =>
  new AgenttrailError(
    'AGT_BODY_INVALID',
    `The body is no JSON array (${what}). Send an array, or one record a line with content-type application/x-ndjson.`,
  )
