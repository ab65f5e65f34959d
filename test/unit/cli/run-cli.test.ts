import { afterEach, describe, expect, test } from 'vitest'
import { commands } from '../../../src/cli/commands.ts'
import { runCli } from '../../../src/cli/run-cli.ts'
import { type FakeApi, startFakeApi } from '../../fakes/api-server.ts'
import { fakeIo } from '../../fakes/cli-io.ts'
import { page, sampleCall, sampleFinding, sampleSession } from '../../fakes/shapes.ts'

let api: FakeApi | undefined
afterEach(async () => {
  await api?.close()
  api = undefined
})

describe('usage', () => {
  test('without a command: the help text on standard error, exit 2', async () => {
    const io = fakeIo()
    expect(await runCli([], io)).toBe(2)
    expect(io.err()).toContain('Usage: agenttrail COMMAND')
    expect(io.out()).toBe('')
  })

  test('--help names every command', async () => {
    const io = fakeIo()
    expect(await runCli(['--help'], io)).toBe(0)
    for (const command of commands) expect(io.out()).toContain(`\n  ${command.name} `)
  })

  test.each(commands.map((command) => [command.name, command] as const))('%s --help', async (name, command) => {
    const io = fakeIo()
    expect(await runCli([name, '--help'], io)).toBe(0)
    expect(io.out()).toContain(`Usage: agenttrail ${name}`)
    for (const option of Object.keys(command.options)) expect(io.out()).toContain(`--${option}`)
  })

  test.each([
    [['sesions'], 'did you mean `agenttrail sessions`?'],
    [['frobnicate-everything'], 'agenttrail --help'],
    [['sessions', '--agnet', 'x'], 'did you mean --agent?'],
    [['sessions', '--limit', '0'], '--limit is "0"'],
    [['sessions', '--from', 'yesterday'], '--from is "yesterday"'],
    [['sessions', 'extra'], 'does not take "extra"'],
    [['session'], 'needs ID'],
    [['calls', '--agent'], '--agent'],
    [['serve', '--role', 'analyzer'], 'use all, collector'],
    [['serve', '--role', 'analyser'], 'AGENTTRAIL_LOG'],
    [['scan', 'x', '--fail-on', 'bad'], '--fail-on is "bad"'],
  ])('%j: exit 2 and a hint', async (args, hint) => {
    const io = fakeIo()
    expect(await runCli(args, io)).toBe(2)
    expect(io.err()).toContain(hint)
    expect(io.err()).not.toContain('    at ')
    expect(io.out()).toBe('')
  })
})

describe('search', () => {
  const hit = { kind: 'call', id: 'c1', time: sampleCall.time, item: sampleCall }
  const run = async (found: readonly object[], ...args: readonly string[]) => {
    api = await startFakeApi({ lists: { '/api/v1/search': { items: found, nextCursor: null } } })
    const io = fakeIo({ env: { AGENTTRAIL_URL: api.url } })
    return { code: await runCli(['search', ...args], io), out: io.out(), asked: api.asked }
  }

  test('sends the query as one and shows what it found', async () => {
    const { code, out, asked } = await run([hit], 'tool:x', 'decision:deny', '--kind', 'call')
    expect(code).toBe(0)
    expect(new URL(asked[0] ?? '', 'http://x').searchParams.get('q')).toBe('tool:x decision:deny')
    expect(out).toMatch(/TIME\tKIND[\s\S]*\tcall\t/)
  })

  test('that finds nothing is a no', async () => {
    expect((await run([], 'tool:x')).code).toBe(1)
  })
})

describe('reading commands', () => {
  const lists = {
    '/api/v1/sessions': page(sampleSession),
    '/api/v1/sessions/s1': sampleSession,
    '/api/v1/sessions/s1/timeline': page(sampleCall),
    '/api/v1/calls': page(sampleCall),
    '/api/v1/findings': page(sampleFinding),
    '/api/v1/dead-letters': page(),
  }

  test.each(['sessions', 'calls', 'findings', 'dead-letters'])(
    '%s: a table when piped, the API’s JSON with --json',
    async (name) => {
      api = await startFakeApi({ lists })
      const env = { AGENTTRAIL_URL: api.url }
      const table = fakeIo({ env })
      expect(await runCli([name], table)).toBe(0)
      const items = lists[`/api/v1/${name}` as keyof typeof lists] as { readonly items: readonly unknown[] }
      expect(
        table
          .out()
          .split('\n')
          .filter((line) => line !== ''),
      ).toHaveLength(items.items.length === 0 ? 0 : 2)
      const json = fakeIo({ env })
      expect(await runCli([name, '--json'], json)).toBe(0)
      expect(JSON.parse(json.out())).toEqual(items)
    },
  )

  test('filters and times reach the API', async () => {
    api = await startFakeApi({ lists })
    const io = fakeIo({ env: { AGENTTRAIL_URL: api.url }, now: new Date('2026-11-24T08:00:00Z') })
    await runCli(['calls', '--decision', 'deny', '--from', '30m', '--limit', '7'], io)
    const asked = new URL(api.asked[0] ?? '', 'http://x').searchParams
    expect(Object.fromEntries(asked)).toEqual({ decision: 'deny', from: '2026-11-24T07:30:00.000Z', limit: '7' })
  })

  test('a session: what is known of it, and its calls with the decision of each layer', async () => {
    api = await startFakeApi({ lists })
    const io = fakeIo({ env: { AGENTTRAIL_URL: api.url } })
    expect(await runCli(['session', 's1'], io)).toBe(0)
    expect(io.out()).toContain('Known by  login session, confidence 0.8')
    expect(io.out()).toContain('proxy deny (mcp-tool-match)')
  })

  test('a session that is not there: exit 1', async () => {
    api = await startFakeApi({ lists })
    const io = fakeIo({ env: { AGENTTRAIL_URL: api.url } })
    expect(await runCli(['session', 'nobody'], io)).toBe(1)
    expect(io.err()).toContain('AGT_NOT_FOUND')
  })

  test('a hostile tool name reaches no terminal', async () => {
    api = await startFakeApi({
      lists: { '/api/v1/calls': page({ ...sampleCall, tool: '\u001b]0;owned\u0007\u202e' }) },
    })
    const io = fakeIo({ env: { AGENTTRAIL_URL: api.url, NO_COLOR: '1' }, isTTY: true, columns: 300 })
    expect(await runCli(['calls'], io)).toBe(0)
    expect(io.out()).toContain('<U+001B>]0;owned<U+0007><U+202E>')
    expect(io.out()).not.toContain('\u001b')
  })

  test('no server: exit 2 and what to do', async () => {
    api = await startFakeApi()
    const { url } = api
    await api.close()
    api = undefined
    const io = fakeIo({ env: { AGENTTRAIL_URL: url } })
    expect(await runCli(['sessions'], io)).toBe(2)
    expect(io.err()).toContain(`No server answers at ${url} (ECONNREFUSED). Start one with \`agenttrail serve\``)
  })

  test('something else answers: exit 2 and what to do', async () => {
    api = await startFakeApi({ lists: { '/api/v1/sessions': { hello: 'world' } } })
    const io = fakeIo({ env: { AGENTTRAIL_URL: api.url } })
    expect(await runCli(['sessions'], io)).toBe(2)
    expect(io.err()).toContain('not of the expected shape')
  })

  test('AGENTTRAIL_URL that is no address: exit 2', async () => {
    const io = fakeIo({ env: { AGENTTRAIL_URL: 'localhost:9470' } })
    expect(await runCli(['sessions'], io)).toBe(2)
    expect(io.err()).toContain('AGENTTRAIL_URL is "localhost:9470"')
  })
})
