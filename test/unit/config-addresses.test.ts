import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadConfig } from '../../src/config.ts'

test('the ClickHouse port opens only where it is asked for, and only before an engine of its own', () => {
  const env = { AGENTTRAIL_CLICKHOUSE_ADDRESS: '127.0.0.1:8123' }
  expect(loadConfig({ env: {} }).clickhouseAddress).toBe('off')
  expect(loadConfig({ env }).clickhouseAddress).toEqual({ host: '127.0.0.1', port: 8123 })
  const open = { AGENTTRAIL_CLICKHOUSE_ADDRESS: '0.0.0.0:8123' }
  expect(() => loadConfig({ env: open })).toThrow('only loopback is served')
  expect(loadConfig({ env: { ...open, AGENTTRAIL_AUTH: 'tokens' } }).clickhouseAddress).toMatchObject({ port: 8123 })
  expect(() => loadConfig({ env: { ...env, AGENTTRAIL_STORE_URL: 'http://ch:8123' } })).toThrow('ask that server')
})

test('times of retention may stand in a file as well', () => {
  const directory = mkdtempSync(join(tmpdir(), 'agenttrail-test-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'agenttrail.yaml')
  writeFileSync(file, 'retentionPayloads: 10d\n')
  expect(loadConfig({ env: {}, file }).retention.payloadsMs).toBe(864_000_000)
})
