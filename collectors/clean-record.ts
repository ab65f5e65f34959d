import type { ActivityEvent } from '../src/event/event.ts'
import { redact } from '../src/event/redact.ts'
import { type SealedValue, sealStrings } from '../src/event/seal-strings.ts'
import type { FormatResult, JsonObject } from '../src/ingest/format.ts'

/** A record as it may be stored: no credential and no session token in either. */
export interface CleanRecord {
  readonly raw: string
  readonly events: readonly ActivityEvent[]
}

/** A record as its format read it. */
export interface ReadRecord {
  readonly text: string
  readonly value: JsonObject
  /** Whether the text holds the value within a container's wrapper. */
  readonly isWrapped: boolean
  /** Whether the text may hold a credential: see `mayHoldSecret`. */
  readonly isSuspect: boolean
  readonly result: FormatResult
}

/** These characters are written in one way only (escapes apart), so a search in the text finds every occurrence. */
const plain = /^[\w.:~-]+$/

/**
 * Takes credentials and sealed values out of a record. Nearly always a session id stands in one header, and nothing but
 * its hash came of it: then one replacement in the text is all. Whatever else there is takes the way through the parsed
 * value, and its line is written anew from that.
 */
export const cleanRecord = (record: ReadRecord): CleanRecord => {
  const { result, text } = record
  if (!record.isSuspect) {
    const raw = replaceOnce(text, result.sealed)
    if (raw !== undefined) return { raw, events: result.events }
  }
  const clean = redact(sealStrings(record.value, result.sealed))
  const isUnchanged = clean === record.value && !record.isWrapped
  return {
    raw: isUnchanged ? text : JSON.stringify(clean),
    events: result.events.map((event) => cleanEvent(event, result.sealed)),
  }
}

/** The text with each sealed value replaced; `undefined` if one stands there more than once, or may be spelled otherwise. */
const replaceOnce = (text: string, sealed: readonly SealedValue[]): string | undefined => {
  let clean = text
  for (const { value, replacement } of sealed) {
    const first = clean.indexOf(value)
    const isOnce = first !== -1 && clean.indexOf(value, first + value.length) === -1
    if (!isOnce || !plain.test(value)) return undefined
    clean = clean.slice(0, first) + replacement + clean.slice(first + value.length)
  }
  return clean
}

/**
 * What an event holds of the record as free text. The other fields are ids, names and measures that a rule must be able to
 * rely on: a client's choice of session id never blots them out.
 */
const freeText = [
  'tool',
  'toolExposed',
  'resource',
  'urlPath',
  'userAgent',
  'clientName',
  'errorMessage',
  'arguments',
  'result',
  'userText',
  'httpRequestId',
  'explicitSessionId',
  'decisionReasons',
  'attributes',
] as const satisfies readonly (keyof ActivityEvent)[]
/** The operation is what rules count: credentials are taken out of it, session ids are not looked for in it. */
const neverSealed: ReadonlySet<keyof ActivityEvent> = new Set(['tool', 'toolExposed', 'clientName'])

const cleanEvent = (event: ActivityEvent, sealed: readonly SealedValue[]): ActivityEvent => {
  for (const field of freeText) {
    const value = event[field]
    const clean = redact(neverSealed.has(field) ? value : sealStrings(value, sealed))
    // In place: the event was made for this record alone, and a copy would have another shape than all others.
    if (clean !== value) Object.assign(event, { [field]: clean })
  }
  return event
}
