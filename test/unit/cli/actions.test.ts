import { afterEach, expect, test } from 'vitest'
import { runCli } from '../../../src/cli/run-cli.ts'
import { type FakeApi, startFakeApi } from '../../fakes/api-server.ts'
import { fakeIo } from '../../fakes/cli-io.ts'

let api: FakeApi | undefined
afterEach(() => api?.close())

const action = {
  id: 'a-1',
  kind: 'revoke',
  target: 'session:s1',
  lever: 'decision-service',
  state: 'verified',
  reason: 'agent-1 was refused\u001b[2J 12 times',
  by: 'rule:deny-burst',
  expiresAt: '2026-11-25T08:00:00.000000Z',
  transitions: [
    { state: 'proposed', time: '2026-11-24T08:00:00.000000Z', detail: 'agent-1 was refused 12 times' },
    { state: 'enforced', time: '2026-11-24T08:00:00.250000Z', detail: 'the decision service denies it by mcp' },
    { state: 'verified', time: '2026-11-24T08:00:04.000000Z', detail: 'call c1 was denied by kong' },
  ],
}

const run = async (...args: readonly string[]) => {
  api = await startFakeApi({
    lists: { '/api/v1/actions': { items: [action], nextCursor: null }, '/api/v1/actions/a-1': action },
  })
  const io = fakeIo({ env: { AGENTTRAIL_URL: api.url } })
  return { exit: await runCli(['actions', ...args], io), io }
}

test('lists what was done, by what and why', async () => {
  const { exit, io } = await run('--target', 'session:s1')
  expect(exit).toBe(0)
  expect(io.out()).toMatch(/KIND\tSTATE\tTARGET\tLEVER/)
  expect(io.out()).toMatch(
    /revoke\tverified\tsession:s1\tdecision-service\trule:deny-burst\tcall c1 was denied by kong\ta-1/,
  )
})

test('shows one with every state, when it was and how long it took', async () => {
  const { exit, io } = await run('a-1')
  expect(exit).toBe(0)
  expect(io.out()).toContain('What      revoke of session:s1 by decision-service\n')
  expect(io.out()).toMatch(/08:00:00\.250000Z +\+0\.250 s {2}enforced +the decision service denies it by mcp\n/)
  expect(io.out()).toMatch(/\+4\.000 s {2}verified/)
  expect(io.out()).not.toContain('\u001b')
})

test('prints what the API says', async () => {
  const { io } = await run('a-1', '--json')
  expect(JSON.parse(io.out())).toEqual(action)
})

test('of an action that is none: exit 1', async () => {
  const { exit, io } = await run('a-2')
  expect(exit).toBe(1)
  expect(io.err()).not.toBe('')
})
