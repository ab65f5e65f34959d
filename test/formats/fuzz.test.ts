import { Buffer } from 'node:buffer'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { countRecords } from '../../collectors/split-lines.ts'
import { Random } from '../simulation/random.ts'
import { decodeText } from './decode-text.ts'
import { fixtureFiles, fixtureLines } from './fixtures.ts'

// Goal: no bytes make decoding throw or lose count.
// Method: real lines with bytes changed, cut out, doubled or spliced, from a printed seed; outcomes must add up.

const runs = process.env['AGENTTRAIL_LONG'] === '1' ? 200_000 : 20_000
const seed = Number(process.env['AGENTTRAIL_SEED'] ?? 20_261_124)

const live = join(import.meta.dirname, '../fixtures/pomerium-live')
const lines = readdirSync(live)
  .filter((name) => name.endsWith('.jsonl') && !name.includes('otlp'))
  .flatMap((name) => readFileSync(join(live, name), 'utf8').split('\n'))
  .concat([...new Set(fixtureFiles().map(({ format }) => format))].flatMap(fixtureLines))
  .filter((line) => line !== '')
const pieces = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\n',
  '\u0000',
  'null',
  '1e999',
  '"__proto__":',
  '\\u0041',
  '\\ud800',
  'Bearer abcdefgh',
  '\ufeff',
]

it(`survives ${runs} mutated records (seed ${seed})`, { timeout: 300_000 }, () => {
  const source = new Random(seed)
  const random = (below: number): number => source.between(0, below)
  const mutate = (bytes: Buffer): Buffer => {
    const at = random(bytes.length)
    const choice = random(4)
    if (choice === 0) return Buffer.concat([bytes.subarray(0, at), Buffer.from([random(256)]), bytes.subarray(at + 1)])
    if (choice === 1) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random(40))])
    if (choice === 2)
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from(pieces[random(pieces.length)] ?? ''),
        bytes.subarray(at),
      ])
    return Buffer.concat([bytes, bytes.subarray(at)])
  }
  const totals = { ok: 0, ignored: 0, rejected: 0 }
  let expected = 0
  for (let done = 0; done < runs; done += 100) {
    const bodies: Buffer[] = []
    for (let index = 0; index < 100; index += 1) {
      let bytes = Buffer.from(lines[random(lines.length)] ?? '')
      for (let count = 1 + random(3); count > 0; count -= 1) bytes = Buffer.from(mutate(bytes))
      bodies.push(bytes, Buffer.from('\n'))
    }
    const body = Buffer.concat(bodies)
    expected += countRecords(body)
    for (const record of decodeText(body)) {
      totals[record.outcome] += 1
      expect(record.outcome === 'rejected').toBe(
        record.outcome !== 'ok' && record.reason !== '' && record.outcome !== 'ignored',
      )
      expect(record.events.length > 0).toBe(record.outcome === 'ok')
      expect(record.reason).not.toMatch(/^format .* failed/)
    }
  }
  expect(totals.ok + totals.ignored + totals.rejected).toBe(expected)
  expect(Math.min(totals.ok, totals.ignored, totals.rejected)).toBeGreaterThan(runs / 100)
})
