import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runCli } from '../../../src/cli/run-cli.ts'
import { TokenFiles } from '../../../src/run/token-files.ts'
import { fakeIo } from '../../fakes/cli-io.ts'

let dataDir: string
const now = new Date('2026-11-24T08:00:00Z')
const run = async (...args: readonly string[]) => {
  const io = fakeIo({ env: { AGENTTRAIL_DATA_DIR: dataDir }, now })
  return { code: await runCli(['tokens', ...args], io), out: io.out(), err: io.err() }
}

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'agenttrail-cli-tokens-'))
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

test('create prints the token alone on standard output, and it works', async () => {
  const { code, out, err } = await run('create', 'mira', '--role', 'analyst,responder', '--realm', 'prod, staging')
  expect([code, err]).toEqual([0, 'This is shown once. It works until 2027-02-22T08:00:00.000Z.\n'])
  const files = new TokenFiles({ dataDir, now: () => now.getTime() })
  expect(files.find(out.trim())).toEqual({
    name: 'token:mira',
    roles: ['analyst', 'responder'],
    realms: ['prod', 'staging'],
  })
})

test('list shows what there is and never a token or its hash', async () => {
  const { out } = await run('create', 'prometheus', '--role', 'viewer', '--realm', '*', '--json')
  const { token, ...record } = JSON.parse(out)
  expect(record).toMatchObject({ name: 'prometheus', roles: ['viewer'], realms: 'all', revokedAt: null })
  const listed = await run('list', '--json')
  expect(JSON.parse(listed.out)).toEqual({ items: [record], nextCursor: null })
  expect(listed.out).not.toContain(token.slice(20))
  expect((await run('list')).out).toMatch(/prometheus\tviewer\t\*\t2026-11-24\t2027-02-22\tin force/)
})

test('revoke ends it; a second time there is nothing to end', async () => {
  await run('create', 'mira', '--role', 'viewer')
  expect(await run('revoke', 'mira')).toMatchObject({ code: 0, out: expect.stringContaining('Revoked mira') })
  expect((await run('list')).out).toContain('revoked')
  expect(await run('revoke', 'mira')).toMatchObject({ code: 1, out: '' })
})

test.each([
  [['create', 'mira'], 2, 'needs --role'],
  [['create', 'mira', '--role', 'boss'], 2, 'no role "boss"'],
  [['create', '--role', 'viewer'], 2, 'needs NAME'],
  [['create', 'a b', '--role', 'viewer'], 2, 'needs NAME'],
  [['create', 'mira', '--role', 'viewer', '--expires', 'never'], 2, 'use a duration'],
  [['revoke'], 2, 'needs NAME or ID'],
  [['forget', 'mira'], 2, 'does not know "forget"'],
])('%j: exit %i', async (args, code, text) => {
  expect(await run(...args)).toMatchObject({ code, out: '', err: expect.stringContaining(text) })
})

test('a name in use is refused', async () => {
  await run('create', 'mira', '--role', 'viewer')
  expect(await run('create', 'mira', '--role', 'admin')).toMatchObject({ code: 1, out: '' })
})
