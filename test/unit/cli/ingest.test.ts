import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runCli } from '../../../src/cli/run-cli.ts'
import { type FakeApi, startFakeApi } from '../../fakes/api-server.ts'
import { fakeIo } from '../../fakes/cli-io.ts'
import { sampleStatus } from '../../fakes/shapes.ts'

const lists = { '/api/v1/status': sampleStatus }
const text = Array.from({ length: 200 }, (_, index) => `{"n":${index}}\n`).join('')
let directory = ''
let file = ''
let api: FakeApi

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'agenttrail-ingest-'))
  file = join(directory, 'proxy.log')
  await writeFile(file, text)
})

afterEach(async () => {
  await api.close()
  await rm(directory, { recursive: true })
})

test('sends a file, says what became of it, exit 0', async () => {
  api = await startFakeApi({ lists })
  const io = fakeIo({ env: { AGENTTRAIL_URL: api.url } })
  expect(await runCli(['ingest', file, '--format', 'pomerium'], io)).toBe(0)
  expect(api.received.map((body) => body.text).join('')).toBe(text)
  expect(api.received[0]?.query.get('source')).toBe('proxy.log')
  expect(api.received[0]?.query.get('format')).toBe('pomerium')
  expect(io.out()).toBe('200 records accepted: 200 stored, 0 ignored, 0 duplicate, 0 rejected.\n')
  expect(io.err()).toBe('')
})

test('standard input is read without a file', async () => {
  api = await startFakeApi({ lists })
  const io = fakeIo({ env: { AGENTTRAIL_URL: api.url }, stdin: '{"a":1}\n{"a":2}' })
  expect(await runCli(['ingest', '--source', 'edge'], io)).toBe(0)
  expect(api.received.map((body) => body.text)).toEqual(['{"a":1}\n{"a":2}'])
  expect(api.received[0]?.query.get('source')).toBe('edge')
})

test('any rejected record makes it exit 1 and name the dead letters', async () => {
  api = await startFakeApi({ lists, rejects: (line) => line.includes('"n":7}') })
  const io = fakeIo({ env: { AGENTTRAIL_URL: api.url } })
  expect(await runCli(['ingest', file], io)).toBe(1)
  expect(io.out()).toContain('199 stored, 0 ignored, 0 duplicate, 1 rejected')
  expect(io.err()).toContain('agenttrail dead-letters')
})

test('told to wait, or cut off, it sends the same body under the same id', async () => {
  const full = {
    status: 429,
    body: { code: 'AGT_LOG_FULL', detail: 'The log is full' },
    headers: { 'retry-after': '0' },
  }
  const down = { status: 503, body: { code: 'AGT_LOG_FAILED' }, headers: { 'retry-after': '0' } }
  api = await startFakeApi({ lists, refusals: [full, down, 'reset'] })
  const io = fakeIo({ env: { AGENTTRAIL_URL: api.url } })
  expect(await runCli(['ingest', file], io)).toBe(0)
  expect(api.received).toHaveLength(1)
  expect(io.err()).toContain('The log is full; trying again in 0 s.')
})

test('the same file has the same ids, another format or content has others', async () => {
  api = await startFakeApi({ lists })
  const env = { AGENTTRAIL_URL: api.url }
  await runCli(['ingest', file], fakeIo({ env }))
  await runCli(['ingest', file], fakeIo({ env }))
  await runCli(['ingest', file, '--format', 'pomerium'], fakeIo({ env }))
  await writeFile(file, `${text}{"n":200}\n`)
  await runCli(['ingest', file], fakeIo({ env }))
  const [first, again, otherFormat, grown] = api.received.map((body) => body.idempotencyKey)
  expect(again).toBe(first)
  expect(new Set([first, otherFormat, grown]).size).toBe(3)
})

test('a refusal that a retry cannot change: exit 2 with the server’s words, after one attempt', async () => {
  const unknown = {
    status: 400,
    body: { code: 'AGT_FORMAT_UNKNOWN', detail: 'There is no format "pom"; known are pomerium, agenttrail' },
  }
  api = await startFakeApi({ lists, refusals: [unknown] })
  const io = fakeIo({ env: { AGENTTRAIL_URL: api.url } })
  expect(await runCli(['ingest', file, '--format', 'pom'], io)).toBe(2)
  expect(io.err()).toContain('There is no format "pom"')
  expect(api.received).toHaveLength(0)
})

test('a file that is not there: exit 2, and nothing is sent', async () => {
  api = await startFakeApi({ lists })
  const io = fakeIo({ env: { AGENTTRAIL_URL: api.url } })
  expect(await runCli(['ingest', file, join(directory, 'missing.log')], io)).toBe(2)
  expect(io.err()).toContain('missing.log cannot be read (ENOENT)')
  expect(api.received).toHaveLength(0)
})

test('sent again, all of it is known; after an attempt that was cut off but kept, nothing is counted twice', async () => {
  api = await startFakeApi({ lists, refusals: ['keepAndReset'] })
  const env = { AGENTTRAIL_URL: api.url }
  const cutOff = fakeIo({ env })
  expect(await runCli(['ingest', file], cutOff)).toBe(0)
  expect(cutOff.out()).toBe('200 records accepted: 200 stored, 0 ignored, 0 duplicate, 0 rejected.\n')
  const again = fakeIo({ env })
  expect(await runCli(['ingest', file], again)).toBe(0)
  expect(again.out()).toBe('200 records accepted: 0 stored, 0 ignored, 200 duplicate, 0 rejected.\n')
})
