import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startFakeApi } from '../fakes/api-server.ts'
import { sampleStatus } from '../fakes/shapes.ts'

const bin = fileURLToPath(new URL('../../bin/agenttrail.mjs', import.meta.url))

/** A Node before 24 on this machine, if there is one: then the checkout's own must take over. */
const oldNode = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((directory) => !directory.includes('node_modules'))
  .map((directory) => join(directory, 'node'))
  .find((path) => existsSync(path) && Number(execFileSync(path, ['-p', 'process.versions.node.split(".")[0]'])) < 24)
if (oldNode === undefined) console.log('bin: no Node before 24 here, so starting from one is not tried')

const nodes: readonly (readonly [string, string])[] = [
  ['this Node', process.execPath],
  ...(oldNode === undefined ? [] : ([['an older Node', oldNode]] as const)),
]

test.each(nodes)('%s: runs the command and passes on its exit code', (_, node) => {
  const help = spawnSync(node, [bin, '--help'], { encoding: 'utf8' })
  expect([help.status, help.stderr]).toEqual([0, ''])
  expect(help.stdout).toContain('Usage: agenttrail COMMAND')
  const wrong = spawnSync(node, [bin, 'sesions'], { encoding: 'utf8' })
  expect(wrong.status).toBe(2)
  expect(wrong.stderr).toContain('did you mean `agenttrail sessions`?')
})

test.each(nodes)('%s: SIGTERM ends a command that waits, in order', async (_, node) => {
  const api = await startFakeApi({ lists: { '/api/v1/status': sampleStatus } })
  const env = { ...process.env, AGENTTRAIL_URL: api.url }
  const child = spawn(node, [bin, 'ingest'], { stdio: ['pipe', 'pipe', 'inherit'], env })
  child.stdin.write('{"n":1}\n{"n":2}\n{"half')
  while (api.received.length === 0) await delay(20)
  child.stdin.write('{"n":3}\n')
  await delay(100)
  child.kill('SIGTERM')
  const [code, out] = await Promise.all([new Promise((resolve) => child.on('exit', resolve)), text(child.stdout)])
  await api.close()
  expect(code).toBe(0)
  expect(out).toMatch(/^3 records accepted: 3 stored/)
})
