import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { storySeconds } from '../../../../src/cli/demo/script.ts'
import { createStory } from '../../../../src/cli/demo/story.ts'

const startMs = Date.parse('2026-11-24T07:00:00Z')
const story = createStory(startMs)
type Line = Readonly<Record<string, unknown>>
const parse = (line: string): Line => JSON.parse(line) as Line
const pomerium = story.filter((record) => record.format === 'pomerium').map((record) => parse(record.line))
const gateway = story.filter((record) => record.format === 'agenttrail').map((record) => parse(record.line))
const authorize = pomerium.filter((line) => line['message'] === 'authorize check')

test('the same start tells the same story, another start another', () => {
  expect(createStory(startMs)).toEqual(story)
  const ids = (start: number): unknown => createStory(start).map((record) => parse(record.line)['request-id'])
  expect(ids(startMs + 1_000)).not.toEqual(ids(startMs))
})

test('is told in the order of writing, within its time', () => {
  const times = story.map((record) => record.writtenMs - startMs)
  expect(times).toEqual([...times].sort((a, b) => a - b))
  expect(times[0]).toBeGreaterThanOrEqual(0)
  expect(times.at(-1)).toBeLessThanOrEqual(storySeconds * 1_000)
})

test('holds no field that a captured line does not have, of another type or in another order', () => {
  const folder = new URL('../../../fixtures/pomerium-live/', import.meta.url)
  const captured = ['a-allowed', 'b-denied-tool', 'f-service-account']
    .flatMap((name) => readFileSync(new URL(`${name}.jsonl`, folder), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map(parse)
  const typesOf = (line: Line): Map<string, string> =>
    new Map(Object.entries(line).map(([key, value]) => [key, typeof value]))
  for (const line of pomerium) {
    const real = captured.filter((other) => other['message'] === line['message']).map(typesOf)
    const known = new Map(real.flatMap((types) => [...types]))
    for (const [key, type] of typesOf(line)) expect([key, known.get(key)]).toEqual([key, type])
    const isOrdered = real.some((types) => {
      const shared = [...types.keys()].filter((key) => key in line)
      return (
        shared.join() ===
        Object.keys(line)
          .filter((key) => types.has(key))
          .join()
      )
    })
    expect(isOrdered).toBe(true)
  }
})

test('a request is told by the proxy twice and by the gateway once, unless the proxy refused it', () => {
  expect(authorize.length).toBeGreaterThan(60)
  const gatewayIds = gateway.map((line) => (line['request'] as Line)['httpRequestId'])
  const accessIds = pomerium.filter((line) => line['message'] === 'http-request').map((line) => line['request-id'])
  expect(accessIds.sort()).toEqual(authorize.map((line) => line['request-id']).sort())
  const passed = authorize.filter((line) => line['deny'] === false).map((line) => line['request-id'])
  expect(gatewayIds.sort()).toEqual(passed.sort())
})

test('one agent is refused in a burst by both layers; the others hardly ever', () => {
  const byGateway = gateway.filter((line) => line['decision'] === 'deny')
  const byProxy = authorize.filter((line) => line['deny'] === true)
  const bob = byGateway.filter((line) => (line['principal'] as Line)['userEmail'] === 'bob@acme.test')
  expect(byGateway.length - bob.length).toBe(1)
  expect(new Set(byProxy.map((line) => line['email']))).toEqual(new Set(['bob@acme.test']))
  expect(bob.length).toBeGreaterThanOrEqual(5)
  expect(byProxy.length).toBeGreaterThanOrEqual(5)
  const times = [...byProxy, ...bob].map((line) => Date.parse(String(line['time'])))
  expect(times.length).toBeGreaterThanOrEqual(14)
  expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(120_000)
})

test('checksums keep the digits that a double would lose', () => {
  const raw = story.find((record) => record.line.includes('authorize check'))?.line
  expect(raw).toContain('"envoy-route-checksum":18178244035061794335,')
})
