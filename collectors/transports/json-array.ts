import { AgenttrailError } from '../../src/errors.ts'

const quote = 34
const comma = 44
const backslash = 92
const openers = new Set([91, 123])
const closers = new Set([93, 125])
const space = 32
const newline = 10
const carriageReturn = 13

/**
 * A JSON array of records → one record a line, every byte of an element as it was but for line ends, which become spaces
 * (inside strings JSON has none): numbers keep their digits, and the keyed hash commits to what was sent.
 * Throws `AGT_BODY_INVALID` where the body is no array.
 */
export const elementsToLines = (body: Buffer): Buffer => {
  const lines = Buffer.from(body)
  let depth = 0
  let isInString = false
  let isDone = false
  for (let at = 0; at < lines.length; at += 1) {
    const byte = lines[at] as number
    if (isInString) {
      if (byte === backslash) at += 1
      else if (byte === quote) isInString = false
      continue
    }
    if (isDone && byte > space) throw notAnArray('something follows the array')
    if (byte === quote) isInString = true
    else if (openers.has(byte)) {
      if (depth === 0 && byte !== 91) throw notAnArray('it does not begin with [')
      if (depth === 0) lines[at] = space
      depth += 1
    } else if (closers.has(byte)) {
      depth -= 1
      if (depth < 0) throw notAnArray('it closes more than it opened')
      if (depth === 0) {
        lines[at] = space
        isDone = true
      }
    } else if (byte === comma && depth === 1) lines[at] = newline
    else if (byte === newline || byte === carriageReturn) lines[at] = space
    else if (depth === 0 && byte > space) throw notAnArray('it does not begin with [')
  }
  if (!isDone || isInString) throw notAnArray('it ends in the middle')
  return lines
}

const notAnArray = (what: string): AgenttrailError =>
  new AgenttrailError(
    'AGT_BODY_INVALID',
    `The body is no JSON array (${what}). Send an array, or one record a line with content-type application/x-ndjson.`,
  )
