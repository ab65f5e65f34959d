import type { Format, FormatContext, FormatResult, JsonObject, RecordOrigin } from '../../src/ingest/format.ts'
import { type Outcome, ok, rejected } from '../../src/ingest/outcome.ts'
import { parseJson } from './parse-json.ts'
import { readTextLine } from './read-text-line.ts'
import type { JsonFacts } from './scan-json.ts'
import { unwrapObject, unwrapText } from './unwrap.ts'

/** Containers within containers: a Docker line shipped by syslog. More is an attempt to keep us busy. */
const wrappersMax = 3

export interface ParsedRecord {
  readonly value: JsonObject
  readonly isWrapped: boolean
}

/**
 * Text → the object that a format reads, with container wrappers peeled off: JSON, or a vendor's line of text. `facts` are
 * those of the whole text.
 */
export const parseRecord = (text: string, facts?: JsonFacts): Outcome<ParsedRecord> => {
  let inner = text
  let known: JsonFacts | undefined = facts
  for (let depth = 0; depth <= wrappersMax; depth += 1) {
    const unwrapped = unwrapText(inner)
    if (unwrapped === undefined) {
      const parsed = readTextLine(inner) ?? parseJson(inner, known)
      if (parsed.kind !== 'ok') return parsed
      const message = unwrapObject(parsed.value)
      if (message === undefined) return ok({ value: parsed.value, isWrapped: depth > 0 })
      inner = message
    } else inner = unwrapped
    known = undefined
  }
  return rejected(`wrapped more than ${wrappersMax} times`)
}

/** The format that reads a record: the one asked for, or with `auto` the first that recognises it. */
export const chooseFormat = (
  value: JsonObject,
  asked: { readonly name: string; readonly formats: readonly Format[] },
): Outcome<Format> => {
  if (asked.name === 'auto') {
    const found = asked.formats.find((format) => format.recognises(value))
    return found === undefined ? rejected('no format recognises this record') : ok(found)
  }
  const named = asked.formats.find((format) => format.name === asked.name)
  return named === undefined ? rejected(`there is no format ${JSON.stringify(asked.name.slice(0, 100))}`) : ok(named)
}

/** A format's reading, whatever the format does: one that throws costs only this record. */
export const readSafely = (
  format: Format,
  value: JsonObject,
  given: { readonly origin: RecordOrigin; readonly context: FormatContext },
): Outcome<FormatResult> => {
  try {
    return format.read(value, given.origin, given.context)
  } catch (error) {
    return rejected(
      `format ${format.name} failed: ${error instanceof Error ? error.message.slice(0, 500) : 'unknown error'}`,
    )
  }
}
