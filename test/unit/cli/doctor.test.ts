import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { PipelineStatus } from '../../../src/api/read-model.ts'
import { checkSessionPerCall, checkSkew } from '../../../src/cli/doctor/correlation-checks.ts'
import { checkDataDir, checkNode, checkPort } from '../../../src/cli/doctor/local-checks.ts'
import { checkPipeline } from '../../../src/cli/doctor/pipeline-checks.ts'
import { checkClocks, checkMcpFields, checkSources } from '../../../src/cli/doctor/traffic-checks.ts'
import { runCli } from '../../../src/cli/run-cli.ts'
import { type FakeApi, startFakeApi } from '../../fakes/api-server.ts'
import { fakeIo } from '../../fakes/cli-io.ts'
import { page, sampleSession, sampleStatus } from '../../fakes/shapes.ts'

let dataDir = ''
let api: FakeApi | undefined
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'agenttrail-doctor-'))
})
afterEach(async () => {
  await api?.close()
  api = undefined
  await rm(dataDir, { recursive: true })
})

const statesOf = (checks: readonly { readonly name: string; readonly state: string }[]): Record<string, string> =>
  Object.fromEntries(checks.map(({ name, state }) => [name, state]))

const event = (over: Readonly<Record<string, unknown>> = {}) => ({
  format: 'pomerium',
  source: 'edge',
  layer: 'proxy',
  time: '2026-11-24T07:59:58.000000Z',
  observedTime: '2026-11-24T08:00:00.000000Z',
  method: 'tools/call',
  tool: 'list_issues',
  decision: 'allow',
  ...over,
})
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value)

describe('the command', () => {
  const lists = {
    '/api/v1/status': sampleStatus,
    '/api/v1/events': page(...times(10, event())),
    '/api/v1/dead-letters': page(),
    '/api/v1/sessions': page(sampleSession),
  }

  test('all is well: exit 0', async () => {
    api = await startFakeApi({ lists })
    const io = fakeIo({ env: { AGENTTRAIL_URL: api.url, AGENTTRAIL_DATA_DIR: dataDir } })
    expect([await runCli(['doctor', '--json'], io), io.err()]).toEqual([0, ''])
    const { items } = JSON.parse(io.out()) as { items: { name: string; state: string }[] }
    expect(statesOf(items)).toMatchObject({ server: 'fine', store: 'fine', 'pomerium fields': 'fine', sources: 'fine' })
  })

  test('no server: exit 1, and whether the port is free', async () => {
    api = await startFakeApi()
    const { url } = api
    await api.close()
    api = undefined
    const env = { AGENTTRAIL_URL: url, AGENTTRAIL_DATA_DIR: dataDir, AGENTTRAIL_HTTP_ADDRESS: new URL(url).host }
    const io = fakeIo({ env })
    expect(await runCli(['doctor'], io)).toBe(1)
    expect(io.out()).toMatch(/ok {5}port: .* is free/)
    expect(io.out()).toContain('wrong  server: No server answers')
  })

  test('settings that are wrong: exit 1 with all of them', async () => {
    const io = fakeIo({ env: { AGENTTRAIL_RESPONSE: 'maybe', AGENTTRAIL_LATENESS: 'soon' } })
    expect(await runCli(['doctor'], io)).toBe(1)
    expect(io.out()).toContain('AGENTTRAIL_RESPONSE')
    expect(io.out()).toContain('AGENTTRAIL_LATENESS')
  })

  test('a store that is down: exit 1, and no question that it could not answer', async () => {
    const status = { ...sampleStatus, store: { kind: 'embedded', state: 'down', restarts: 4 } }
    api = await startFakeApi({ lists: { ...lists, '/api/v1/status': status } })
    const io = fakeIo({ env: { AGENTTRAIL_URL: api.url, AGENTTRAIL_DATA_DIR: dataDir } })
    expect(await runCli(['doctor'], io)).toBe(1)
    expect(api.asked).toEqual(['/api/v1/status'])
  })
})

describe('this machine', () => {
  test('an old Node is wrong', () => {
    expect([checkNode('24.1.0').state, checkNode('20.20.2').state]).toEqual(['fine', 'wrong'])
  })

  test('a directory that is not there yet is fine where it could be made, a file in its place is not', async () => {
    expect(checkDataDir(join(dataDir, 'a', 'b')).state).toBe('fine')
    await writeFile(join(dataDir, 'file'), '')
    expect(checkDataDir(join(dataDir, 'file')).state).toBe('wrong')
    expect(checkDataDir(join(dataDir, 'file', 'data')).state).toBe('wrong')
  })

  test('a port that something else has is wrong', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    expect((await checkPort({ host: '127.0.0.1', port })).state).toBe('wrong')
    await new Promise((resolve) => other.close(resolve))
    expect((await checkPort({ host: '127.0.0.1', port })).state).toBe('fine')
  })
})

describe('the pipeline', () => {
  const counts = { stored: 0, ignored: 0, duplicate: 0, rejected: 0 }
  const withRecords = (records: typeof sampleStatus.records) => statesOf(checkPipeline({ ...sampleStatus, records }))

  test.each([
    ['mostly rejected', { ...counts, stored: 10, rejected: 40 }, 'wrong'],
    ['all ignored', { ...counts, ignored: 60 }, 'wrong'],
    ['mostly ignored, as Pomerium is', { ...counts, stored: 20, ignored: 80 }, 'fine'],
    ['too few to tell', { ...counts, rejected: 3 }, 'fine'],
  ])('records that are %s', (_, pomerium, state) => {
    expect(withRecords({ pomerium })['records (pomerium)']).toBe(state)
  })

  test('a full log and a late analysis are wrong, an empty pipeline is a hint', () => {
    const log = { usedBytes: 90, bytesMax: 100, acceptsRecords: false }
    const partitions = [{ partition: 0, logEnd: 9, analysed: 1, storedThrough: 1, lagRecords: 8, lagSeconds: 90 }]
    const states = statesOf(checkPipeline({ ...sampleStatus, log, partitions, records: {} }))
    expect(states).toMatchObject({ log: 'wrong', analysis: 'wrong', records: 'hint' })
  })
})

describe('the space', () => {
  const spaceState = (part: Partial<PipelineStatus['space']>) =>
    statesOf(checkPipeline({ ...sampleStatus, space: { ...sampleStatus.space, ...part } }))['space']

  test('is fine below the budget, a hint once payloads went early, wrong when nothing is left to remove', () => {
    expect(spaceState({})).toBe('fine')
    expect(spaceState({ removedBytes: { age: 9, disk: 9 } })).toBe('hint')
    expect(spaceState({ isOverBudget: true })).toBe('wrong')
  })
})

describe('the traffic', () => {
  test('authorize lines that do not say what was asked for', () => {
    expect(checkMcpFields(times(10, event({ method: '', tool: '' }))).state).toBe('wrong')
    expect(checkMcpFields(times(10, event({ tool: '' }))).state).toBe('wrong')
    expect(checkMcpFields(times(10, event())).state).toBe('fine')
    expect(checkMcpFields(times(2, event({ method: '' }))).state).toBe('skipped')
    // Access lines never say it, and web pages need not.
    const access = times(20, event({ method: '', tool: '', decision: 'not_evaluated' }))
    expect(checkMcpFields([...access, ...times(10, event())]).state).toBe('fine')
  })

  test('clocks that are ahead, and records that come late, by source', () => {
    expect(checkClocks(times(10, event())).state).toBe('fine')
    const ahead = checkClocks([
      ...times(10, event()),
      ...times(10, event({ source: 'b', time: '2026-11-24T08:01:00Z' })),
    ])
    expect([ahead.state, ahead.text]).toEqual(['hint', 'the clock of b is about 60 s ahead'])
    const late = checkClocks(times(10, event({ time: '2026-11-24T07:00:00Z' })))
    expect([late.state, late.text]).toEqual(['hint', 'records of edge are about 60 min old when they come'])
    expect(checkClocks([]).state).toBe('skipped')
  })

  test('a source most of whose records are rejected', () => {
    const check = checkSources([event(), event({ source: 'other' })], times(6, 'edge'))
    expect([check.state, check.text]).toEqual(['wrong', 'most records of edge are rejected'])
    expect(checkSources(times(10, event()), times(6, 'edge')).state).toBe('fine')
  })
})

describe('skew', () => {
  /** A request at a second, as two sources that are so far apart see it. */
  const seenTwice = (second: number, gapMs: number) => {
    const timeMs = Date.UTC(2026, 10, 24, 8, 0, second)
    const at = (source: string, ms: number) => ({
      source,
      time: new Date(ms).toISOString(),
      httpRequestId: `r${second}`,
      traceId: '',
    })
    return [at('edge', timeMs), at('gate', timeMs + gapMs), at('gate', timeMs + gapMs + 700)]
  }

  test('two sources whose clocks agree', () => {
    const check = checkSkew([0, 1, 2, 3, 4].flatMap((second) => seenTwice(second, 20)))
    expect(check).toMatchObject({ state: 'fine', text: 'gate sees requests 0.0 s after edge' })
  })

  test('a clock that is behind, told by the middle of what was seen', () => {
    const check = checkSkew([...[0, 1, 2, 3].flatMap((second) => seenTwice(second, -2_400)), ...seenTwice(9, 60_000)])
    expect(check).toMatchObject({ state: 'hint', text: 'gate sees requests 2.4 s before edge' })
  })

  test('nothing to tell it by', () => {
    expect(checkSkew(seenTwice(0, 5_000)).state).toBe('skipped')
    expect(
      checkSkew(times(10, { source: 'edge', time: '2026-11-24T08:00:00Z', httpRequestId: '', traceId: '' })).state,
    ).toBe('skipped')
  })
})

describe('session per call', () => {
  const session = (over: Partial<typeof sampleSession> = {}) => ({
    ...sampleSession,
    basis: 'mcp_session',
    calls: 2,
    client: { ...sampleSession.client, name: 'cursor' },
    ...over,
  })

  test('a client with many sessions of a call each is named with the setting for it', () => {
    const check = checkSessionPerCall([...times(19, session()), session({ calls: 50 })])
    expect(check.state).toBe('hint')
    expect(check.advice).toContain('sessionPerCallClients: ["cursor"]')
  })

  test('few sessions, sessions with more calls, and sessions of other kinds are no sign of it', () => {
    expect(checkSessionPerCall(times(19, session())).state).toBe('fine')
    expect(checkSessionPerCall(times(40, session({ calls: 5 }))).state).toBe('fine')
    expect(checkSessionPerCall(times(40, session({ basis: 'login_session' }))).state).toBe('skipped')
  })
})
