import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCli } from '../../../src/cli/run-cli.ts'
import { fakeIo } from '../../fakes/cli-io.ts'

const shippedDir = fileURLToPath(new URL('../../../rules', import.meta.url))
let dir = ''

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'agenttrail-rules-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const write = (name: string, text: string): string => {
  const path = join(dir, name)
  writeFileSync(path, text)
  return path
}

const run = async (...args: string[]) => {
  const io = fakeIo({ env: { AGENTTRAIL_RULES_DIR: shippedDir } })
  const code = await runCli(['rules', ...args], io)
  return { code, out: io.out(), err: io.err() }
}

const rule = (quiet: string): string => `title: Deletion
name: deletion
logsource: { category: agent_activity }
detection:
  selection: { tool|startswith: delete }
  condition: selection
agenttrail:
  tests:
    fires: [{ name: one, calls: [{ tool: delete_it }] }]
    quiet: [{ name: none, calls: [{ tool: ${quiet} }] }]
`

describe('agenttrail rules', () => {
  it('lists rules', async () => {
    const { code, out } = await run('list', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toContainEqual(expect.objectContaining({ id: 'deny-burst', state: 'active' }))
  })

  it('runs the tests of a file, and says which fail', async () => {
    expect(await run('test', write('good.yaml', rule('get_it')))).toMatchObject({ code: 0 })
    const { code, out } = await run('test', write('bad.yaml', rule('delete_it_too')))
    expect(code).toBe(1)
    expect(out).toContain('quiet: none: found:')
    expect(out).toContain('1 rules, 2 tests, 1 failed')
  })

  it('tells which lines a rule matches', async () => {
    const events = write('events.ndjson', '{"tool":"delete_x"}\n\n{"tool":"get_x"}\n{"tool":"DELETE_Y"}\n')
    const { code, out } = await run('test', write('rule.yaml', rule('get_it')), '--events', events, '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toEqual([
      { line: 1, matched: true },
      { line: 3, matched: false },
      { line: 4, matched: true },
    ])
  })

  it('tells the lines that prove a finding of several calls', async () => {
    const deny = '{"tool":"x","decision":"deny"}\n'
    const events = write('events.ndjson', `{"tool":"x","decision":"allow"}\n${deny.repeat(10)}`)
    const { out } = await run('test', 'deny-burst', '--events', events, '--json')
    const lines = JSON.parse(out) as { line: number; matched: boolean }[]
    expect(lines.filter((line) => line.matched).map((line) => line.line)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  })

  it('takes fields that only the events have, whatever the log source says', async () => {
    const path = write('rule.yaml', rule('get_it').replace('tool|startswith: delete', 'arguments.path|endswith: .env'))
    const events = write(
      'events.ndjson',
      '{"tool":"read","arguments":{"path":"/x/.ENV"}}\n{"arguments":{"path":"/x"}}\n',
    )
    const { out } = await run('test', path, '--events', events, '--json')
    expect(JSON.parse(out).map((line: { matched: boolean }) => line.matched)).toEqual([true, false])
    expect((await run('test', path)).code).toBe(2)
  })

  it('stops at wrong rules, unknown rules and unknown words with what to do', async () => {
    const wrong = await run('test', write('wrong.yaml', rule('x').replace('tool|startswith', 'tol')))
    expect(wrong.code).toBe(2)
    expect(wrong.err).toContain('wrong.yaml:5: detection.selection: calls have no field "tol"; did you mean tool?')
    const events = write('events.ndjson', '{}\n')
    expect((await run('test', 'no-such-rule', '--events', events)).code).toBe(1)
    const unknown = await run('tset')
    expect(unknown.code).toBe(2)
    expect(unknown.err).toContain('did you mean test?')
  })
})

describe('rules import', () => {
  const into = () => join(dir, 'rules')
  const importing = (...args: string[]) => run('import', ...args, '--rules', into())

  it('takes rule files over, once', async () => {
    const path = write('deletion.yaml', rule('read'))
    expect(await importing(path)).toMatchObject({ code: 0, out: expect.stringContaining('Imported deletion') })
    expect((await run('list', '--rules', into(), '--json')).out).toContain('"deletion"')
    expect(await importing(path)).toMatchObject({ code: 1, err: expect.stringContaining('deletion.yaml') })
  })

  it('takes nothing over where the set would be wrong', async () => {
    await importing(write('deletion.yaml', rule('read')))
    const again = write('other.yaml', rule('read'))
    const broken = write('broken.yaml', 'title: x')
    for (const path of [again, broken]) {
      expect(await importing(path)).toMatchObject({ code: 2, err: expect.stringContaining('AGT_RULES_INVALID') })
    }
    expect(readdirSync(into())).toEqual(['deletion.yaml'])
    expect(await importing()).toMatchObject({ code: 2 })
  })
})
