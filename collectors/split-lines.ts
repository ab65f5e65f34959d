const newline = 0x0a
const carriageReturn = 0x0d

/** Bytes `start` to `end` of a body: one record, without its line end. */
export interface Line {
  readonly start: number
  readonly end: number
}

/** The non-empty lines of a body. A line of blanks only is empty; a carriage return before the line end belongs to it. */
export function* splitLines(body: Uint8Array): Generator<Line> {
  let start = 0
  while (start < body.length) {
    const found = body.indexOf(newline, start)
    const next = found === -1 ? body.length : found
    const end = next > start && body[next - 1] === carriageReturn ? next - 1 : next
    if (!isBlank(body, start, end)) yield { start, end }
    start = next + 1
  }
}

/** How many records a body holds, counted as `splitLines` does. */
export const countRecords = (body: Uint8Array): number => {
  let count = 0
  for (const _line of splitLines(body)) count += 1
  return count
}

const isBlank = (body: Uint8Array, start: number, end: number): boolean => {
  for (let index = start; index < end; index += 1) {
    const byte = body[index]
    if (byte !== 0x20 && byte !== 0x09 && byte !== carriageReturn) return false
  }
  return true
}
