import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TokenFiles } from '../../../src/run/token-files.ts'

let dataDir: string
let nowMs: number
const open = () => new TokenFiles({ dataDir, now: () => nowMs })
const analyst = { name: 'mira', roles: ['analyst' as const], realms: ['prod'], lifeMs: 3_600_000 }

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'agenttrail-tokens-'))
  nowMs = Date.now()
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

test('a token is who it was made for, in every process, until it expires', () => {
  const token = open().create(analyst) ?? ''
  const server = open()
  expect(server.find(token)).toEqual({ name: 'token:mira', roles: ['analyst'], realms: ['prod'] })
  nowMs += analyst.lifeMs
  expect(server.find(token)).toBeNull()
})

test('what is not the whole token is nobody', () => {
  const files = open()
  const token = files.create(analyst) ?? ''
  for (const other of ['', 'agt_', token.slice(0, -1), `${token}x`, token.toUpperCase(), token.slice(0, 17)]) {
    expect(files.find(other)).toBeNull()
  }
})

test('a running server sees new and revoked tokens within its interval', () => {
  const server = open()
  expect(server.find('agt_nothing')).toBeNull()
  const token = open().create(analyst) ?? ''
  nowMs += 1_000
  expect(server.find(token)).not.toBeNull()
  expect(open().revoke('mira')).toHaveLength(1)
  nowMs += 1_000
  expect(server.find(token)).toBeNull()
  expect(open().revoke('mira')).toEqual([])
})

test('keeps a hash and not the token, for its owner only', () => {
  const token = open().create(analyst) ?? ''
  const dir = join(dataDir, 'tokens')
  const [file = ''] = readdirSync(dir)
  expect(readFileSync(join(dir, file), 'utf8')).not.toContain(token.slice(20))
  expect(statSync(join(dir, file)).mode & 0o777).toBe(0o600)
  expect(statSync(dir).mode & 0o777).toBe(0o700)
})

test('a name is taken while its token works', () => {
  const files = open()
  const first = files.create(analyst)
  expect(files.create(analyst)).toBeNull()
  files.revoke('mira')
  const second = files.create(analyst) ?? ''
  expect(second).not.toBe(first)
  expect(files.find(second)).not.toBeNull()
  expect(files.list().map(({ revokedAt }) => revokedAt === null)).toContain(false)
})
