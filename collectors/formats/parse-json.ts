import { Buffer } from 'node:buffer'
import { parseExact } from '../../src/event/raw-json.ts'
import type { JsonObject } from '../../src/ingest/format.ts'
import { type Outcome, ok, rejected } from '../../src/ingest/outcome.ts'
import { findDuplicateKey } from './find-duplicate-key.ts'
import { type JsonFacts, scanJson } from './scan-json.ts'

const depthMax = 64
/** Pomerium's logger repeats this key in its own noise lines; it never carries meaning for us. */
const repeatable: ReadonlySet<string> = new Set(['component'])
/** uint64 keys of every Pomerium authorize line, which must not send the hot path through a reviver. */
const checksums = ['envoy-route-checksum', 'route-checksum'] as const

/**
 * Text → one JSON object. Numbers that a double would change are `JSON.rawJSON` values (Pomerium's route checksums: text).
 * Rejected: what is no JSON, no object, nested deeper than 64, or repeats a key (readers disagree on which one counts, so
 * it must not become evidence).
 */
export const parseJson = (text: string, known?: JsonFacts): Outcome<JsonObject> => {
  const facts = known ?? factsOf(text)
  if (facts.depthMax > depthMax) return rejected(`nested deeper than ${depthMax} levels`)
  const value = parse(text)
  if (value === undefined) return rejected('not JSON')
  if (!isObject(value)) return rejected('not a JSON object')
  const key = facts.members === countMembers(value) ? undefined : findDuplicateKey(text, repeatable)
  if (key !== undefined) return rejected(`key ${JSON.stringify(key.slice(0, 100))} appears twice in one object`)
  return ok(facts.longNumbers === 0 ? value : withDigits(text, value, facts.longNumbers))
}

const factsOf = (text: string): JsonFacts => {
  const bytes = Buffer.from(text)
  return scanJson(bytes, 0, bytes.length)
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const countMembers = (value: object): number => {
  const keys = Object.keys(value)
  let count = Array.isArray(value) ? 0 : keys.length
  for (let index = 0; index < keys.length; index += 1) {
    const child: unknown = (value as Record<string, unknown>)[keys[index] as string]
    if (typeof child === 'object' && child !== null) count += countMembers(child)
  }
  return count
}

const withDigits = (text: string, value: Record<string, unknown>, longNumbers: number): JsonObject => {
  let restored = 0
  for (const key of checksums) {
    if (typeof value[key] !== 'number') continue
    const digits = digitsAfter(text, `"${key}":`)
    if (digits.length < 16 || Number(digits) !== value[key]) continue
    // As text: a raw number would cost the hot path a microsecond, and nobody computes with a checksum.
    value[key] = digits
    restored += 1
  }
  return restored === longNumbers ? value : (parseExact(text) as JsonObject)
}

const digitsAfter = (text: string, label: string): string => {
  const found = text.indexOf(label)
  if (found === -1) return ''
  const start = found + label.length
  let end = start
  while (text.charCodeAt(end) >= 0x30 && text.charCodeAt(end) <= 0x39) end += 1
  return text.slice(start, end)
}
