import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/*
Goal: the demo shows an agent revoked at once, one held and then revoked, one held and freed, and that it took no honest one along.
Method: the command itself, as a process that is stopped when it has told all.
*/
const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

test('demo --enforce revokes, holds and frees', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'agenttrail-demo-'))
  const env = {
    ...process.env,
    AGENTTRAIL_DATA_DIR: join(dir, 'data'),
    AGENTTRAIL_HTTP_ADDRESS: '127.0.0.1:0',
    AGENTTRAIL_OTLP_ADDRESS: 'off',
    AGENTTRAIL_DECISION_ADDRESS: 'off',
    AGENTTRAIL_LOG_LEVEL: 'fatal',
  }
  const child = spawn(process.execPath, [main, 'demo', '--enforce'], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  const closed = once(child, 'close')
  let told = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told += text
  })
  await expect
    .poll(() => told.includes('Ctrl-C') || child.exitCode !== null, { timeout: 150_000, interval: 200 })
    .toBe(true)
  child.kill('SIGINT')
  expect((await closed)[0]).toBe(0)
  await rm(dir, { recursive: true, force: true })

  const passed = String.raw`finding \d+ ms → requested \d+ ms → enforced \d+ ms`
  expect(told).toMatch(new RegExp(`1 .*\n.*its policy allows: revoked\n.*${passed}.* → verified \\d+ ms`))
  expect(told).toMatch(new RegExp(`2 .*\n.*next call: revoked\n.*hold: .*${passed}.*\n.*revoke: .*${passed}.*final`))
  expect(told).toMatch(/3 .*\n.*next call: revoked\n.*withdrawn, and its next call: allowed\n.*undone \d+ ms/)
  expect(told).toMatch(/made [1-9]\d* calls all the while, and none was denied/)
}, 180_000)
