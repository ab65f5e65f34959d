import { afterEach, describe, expect, test } from 'vitest'
import { runCli } from '../../../src/cli/run-cli.ts'
import { type FakeApi, startFakeApi } from '../../fakes/api-server.ts'
import { fakeIo } from '../../fakes/cli-io.ts'
import { sampleResponse } from '../../fakes/response-control.ts'

let api: FakeApi | undefined
afterEach(async () => {
  await api?.close()
  api = undefined
})

const action = (state: string, detail = '') => ({
  id: 'a-1',
  kind: 'revoke',
  target: 'session:s1',
  lever: 'decision-service',
  state,
  reason: '',
  by: 'mira',
  expiresAt: '2026-11-25T08:00:00.000000Z',
  transitions: [{ state, time: '2026-11-24T08:00:00.000000Z', detail }],
})

const run = async (args: readonly string[], body: unknown, status = 202) => {
  const path = args[0] === 'response' ? `/api/v1/response/${args[1]}` : '/api/v1/actions'
  api = await startFakeApi({ answers: { [path]: { status, body } }, lists: { '/api/v1/response': sampleResponse } })
  const io = fakeIo({ env: { AGENTTRAIL_URL: api.url } })
  return { exit: await runCli([...args], io), io, commands: api.commands }
}

describe('revoke', () => {
  test('sends reason and end under a key and prints what became of it', async () => {
    const { exit, io, commands } = await run(
      ['revoke', 's1', '--reason', 'hijacked', '--ttl', '30m'],
      action('enforced'),
    )
    expect(exit).toBe(0)
    expect(io.out()).toBe('revoke of session:s1: enforced\nAction a-1, until 2026-11-25T08:00:00.000000Z\n')
    expect(commands).toMatchObject([
      { body: { type: 'revoke', target: 'session:s1', reason: 'hijacked', ttlSeconds: 1800, dryRun: false } },
    ])
    expect(commands[0]?.idempotencyKey).toMatch(/^[0-9a-f-]{36}$/)
  })

  test.each(['agent:triage', 'user:mira@example.com', 'tool:search'])('takes %s as it is', async (target) => {
    const { commands } = await run(['revoke', target], action('enforced'))
    expect(commands).toMatchObject([{ body: { type: 'revoke', target } }])
  })

  test('asks for a dry run in a realm', async () => {
    const { commands } = await run(['revoke', 's1', '--dry-run', '--realm', 'prod'], action('dryRun'))
    expect(commands).toMatchObject([{ path: '/api/v1/actions?realm=prod', body: { dryRun: true } }])
  })

  test('that was refused: exit 1 and why', async () => {
    const { exit, io } = await run(['revoke', 's1'], action('refused', 'the response is paused by mira'))
    expect(exit).toBe(1)
    expect(io.out()).toContain('refused (the response is paused by mira)')
  })

  test('with an end that is none: exit 2', async () => {
    const { exit, io, commands } = await run(['revoke', 's1', '--ttl', 'soon'], action('enforced'))
    expect(exit).toBe(2)
    expect(io.err()).toContain('--ttl is "soon"')
    expect(commands).toEqual([])
  })
})

test('restore where nothing is in force: exit 1 and the server’s words', async () => {
  const problem = { code: 'AGT_NOT_FOUND', title: '', detail: 'Nothing is in force on session "s1".' }
  const { exit, io } = await run(['restore', 's1'], problem, 404)
  expect(exit).toBe(1)
  expect(io.err()).toContain('Nothing is in force')
})

test('response pause sends the reason and prints how it stands', async () => {
  const { exit, io, commands } = await run(['response', 'pause', '--reason', 'wild rule'], sampleResponse)
  expect(exit).toBe(0)
  expect(commands).toMatchObject([{ path: '/api/v1/response/pause', body: { reason: 'wild rule' } }])
  expect(io.out()).toBe('Response: dry-run, not paused, 0 revocations in force\n')
})
