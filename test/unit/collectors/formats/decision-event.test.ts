import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { decisionEvent, decisionEventJsonSchema } from '../../../../collectors/formats/decision-event.ts'
import { decodeText } from '../../../formats/decode-text.ts'

const samples = readFileSync(join(import.meta.dirname, '../../../formats/agenttrail/decisions.ndjson'), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line): Readonly<Record<string, unknown>> => JSON.parse(line))
  .filter((value) => value['specversion'] === undefined)

describe('the published JSON Schema', () => {
  const validate = new Ajv2020({ strict: false }).compile(decisionEventJsonSchema)

  it.each(samples)('says of %j what we say', (sample) => {
    expect(validate(sample)).toBe(decisionEvent.safeParse(sample).success)
  })

  it('tells good from bad', () => {
    expect(new Set(samples.map((sample) => validate(sample)))).toEqual(new Set([true, false]))
  })
})

const reasonOf = (event: unknown): string | undefined =>
  decodeText(JSON.stringify(event), { format: 'agenttrail' })[0]?.reason

it.each([
  [{ decision: 'allow' }, /^time: write a string here/],
  [{ time: '2026-11-24T07:51:48', decision: 'allow' }, /^time: write RFC 3339 with an offset/],
  [{ time: '2026-11-24T07:51:48Z' }, /^decision: write one of "allow", "deny"/],
  [
    { time: '2026-11-24T07:51:48Z', decision: 'deny', request: { tool: 'x'.repeat(600) } },
    /^request.tool: shorten it to at most 512/,
  ],
  [
    { time: '2026-11-24T07:51:48Z', decision: 'deny', result: { durationMs: -1 } },
    /^result.durationMs: write at least 0/,
  ],
  [{ specversion: '0.3' }, /^specversion: only CloudEvents "1.0"/],
  [{ specversion: '1.0', id: '1', source: 's', type: 't', data_base64: '' }, /^data_base64: send the event as JSON/],
])('says what to change in %j', (event, reason) => {
  expect(reasonOf(event)).toMatch(reason)
})

it('names a redelivery by source and id', () => {
  const event = { time: '2026-11-24T07:51:48Z', decision: 'allow', id: 'd-1', product: 'gw' }
  expect(decodeText(JSON.stringify(event))[0]?.vendorId).toBe('gw d-1')
  const envelope = { specversion: '1.0', id: 'c-1', source: '/gw/1', type: 't', data: event }
  expect(decodeText(JSON.stringify(envelope))[0]?.vendorId).toBe('/gw/1 c-1')
})
