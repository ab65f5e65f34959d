import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { emptyEvent } from '../../src/event/event.ts'
import { decodeText } from './decode-text.ts'
import { fixtureFiles } from './fixtures.ts'

// Goal: what a record becomes is a contract; a change shows as a changed golden file and is reviewed like code.
// Method: every sample is decoded; fields at their "unknown" value are left out, and so is a stored line that is as it came. AGENTTRAIL_UPDATE=1 rewrites the files.

const here = import.meta.dirname
const live = join(here, '../fixtures/pomerium-live')

const samples = [
  ...fixtureFiles().map(({ format, name }) => ({ format, path: join(here, format, name) })),
  ...readdirSync(live)
    .filter((name) => name.endsWith('.jsonl') && !name.includes('otlp'))
    .map((name) => ({ format: 'pomerium', path: join(live, name) })),
]

const unknown: Readonly<Record<string, unknown>> = { ...emptyEvent() }

/** A capture of more records repeats itself: then only the first ones of each kind are shown. */
const recordsShownMax = 300
const ofKindMax = 2

const summary = (path: string): readonly object[] => {
  const records = allRecords(path)
  if (records.length <= recordsShownMax) return records
  const seen = new Map<string, number>()
  return records
    .map((record, at) => ({ line: at + 1, ...record }))
    .filter((record) => {
      const kind = kindOf(record)
      seen.set(kind, (seen.get(kind) ?? 0) + 1)
      return (seen.get(kind) ?? 0) <= ofKindMax
    })
}

/** What a record is like: everything told of it but ids, times and the texts that tell one agent from another. */
const kindOf = ({ outcome, reason, events = [] }: ReturnType<typeof allRecords>[number]): string =>
  JSON.stringify([
    outcome,
    reason,
    events.map((event) => [
      event['kind'],
      event['decision'],
      event['method'],
      event['tool'],
      event['httpStatus'],
      Object.keys(event),
    ]),
  ])

const allRecords = (path: string) => {
  const lines = readFileSync(path, 'utf8').split('\n')
  return decodeText(readFileSync(path)).map((record) => ({
    outcome: record.outcome,
    ...(record.reason === '' ? {} : { reason: record.reason }),
    ...(record.vendorId === '' ? {} : { vendorId: record.vendorId }),
    ...(record.events.length === 0 ? {} : { events: record.events.map(told) }),
    // The stored line is shown where it is not the line that came in.
    ...(record.events.length === 0 || record.raw === lines[record.ordinal] ? {} : { raw: record.raw }),
  }))
}

const told = (event: object): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(event).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(unknown[key])),
  )

describe('golden files', () => {
  it.each(samples)('$format $path', ({ format, path }) => {
    const golden = join(here, format, `${basename(path).replace(/\.(ndjson|jsonl)$/, '')}.golden.json`)
    const records = summary(path)
    if (process.env['AGENTTRAIL_UPDATE'] === '1') writeFileSync(golden, `${JSON.stringify(records, null, 1)}\n`)
    expect(records).toEqual(JSON.parse(readFileSync(golden, 'utf8')))
  })
})
