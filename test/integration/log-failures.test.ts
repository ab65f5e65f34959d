import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'lmdb'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openLmdbLog } from '../../src/log/lmdb-log.ts'

/*
 * Goal: whatever is wrong with the log's directory ends in one error that says so, and costs nothing acknowledged.
 * Method: other processes hold it, are killed, or may write no more; its files are altered.
 */
let dir = ''

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'agenttrail-log-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const logModule = new URL('../../src/log/lmdb-log.ts', import.meta.url).href

/** Runs `body` with `log` open, in a process of its own behind `shell`; gives its output lines. */
const inProcess = (body: string, shell = '') => {
  const script = `const { openLmdbLog } = await import(${JSON.stringify(logModule)});
    const log = await openLmdbLog({ dir: ${JSON.stringify(dir)} }); ${body}`
  const command = `${shell} exec "$0" --input-type=module -e "$1"`
  return spawn('/bin/sh', ['-c', command, process.execPath, script], { stdio: ['ignore', 'pipe', 'pipe'] })
}

it('lets one process in, and the next as soon as that one is killed', async () => {
  const owner = inProcess(
    `await log.append([{ kind: 'tick', timeMs: 1 }]); console.log('open'); setInterval(() => {}, 1000)`,
  )
  await once(owner.stdout, 'data')
  await expect(openLmdbLog({ dir, lockWaitMs: 200 })).rejects.toMatchObject({
    code: 'AGT_DATA_DIR_LOCKED',
    message: expect.stringContaining(`pid ${owner.pid}`),
  })
  const waiting = openLmdbLog({ dir, lockWaitMs: 10_000 })
  owner.kill('SIGKILL')
  const log = await waiting
  expect(log.end()).toBe(1)
  await log.close()
})

it('keeps its epoch and its space over a restart', async () => {
  const first = await openLmdbLog({ dir })
  const body = Buffer.alloc(100_000)
  await first.append([{ kind: 'mark' }])
  const { epoch } = first
  await first.append([
    {
      kind: 'batch',
      realm: '',
      source: '',
      format: '',
      transport: '',
      identity: 'batch',
      batchId: '',
      baseOffset: 0,
      firstOrdinal: 0,
      records: 1,
      part: 0,
      parts: 1,
      isBackfill: false,
      receivedMs: 0,
      body,
    },
  ])
  const used = first.space().usedBytes
  expect(used).toBeGreaterThan(body.length)
  await first.trim(2)
  await first.close()
  const second = await openLmdbLog({ dir })
  expect([second.epoch, second.first(), second.end()]).toEqual([epoch, 2, 2])
  expect(second.space().usedBytes).toBeGreaterThan(body.length)
  await second.trim(3)
  await second.close()
  const third = await openLmdbLog({ dir })
  expect([third.first(), third.end(), await third.append([{ kind: 'mark' }])]).toEqual([3, 2, 3])
  await third.close()
})

it('refuses a directory that a newer version wrote', async () => {
  await (await openLmdbLog({ dir })).close()
  const files = open<Buffer, string>({ path: dir, noSubdir: false, encoding: 'binary' })
  await files.put('version', Buffer.from('99'))
  await files.close()
  await expect(openLmdbLog({ dir })).rejects.toMatchObject({ code: 'AGT_DATA_DIR_NEWER' })
})

it('refuses what is no directory, and files that are not the log’s', async () => {
  const unusable = { code: 'AGT_DATA_DIR_UNUSABLE', message: expect.stringContaining(dir) }
  await writeFile(join(dir, 'file'), '')
  await expect(openLmdbLog({ dir: join(dir, 'file') })).rejects.toMatchObject(unusable)
  await writeFile(join(dir, 'data.mdb'), Buffer.alloc(20_000, 7))
  await expect(openLmdbLog({ dir })).rejects.toMatchObject(unusable)
  // It let go of the directory.
  await rm(join(dir, 'data.mdb'))
  await (await openLmdbLog({ dir, lockWaitMs: 0 })).close()
})

it('refuses everything after a write that failed, and has all that it acknowledged', async () => {
  const child = inProcess(
    `const batch = { kind: 'batch', records: 1, body: Buffer.alloc(50_000) };
    const codeOf = (append) => append.then(() => 'taken', (error) => error.code);
    let taken = 0, code = 'taken';
    while (taken < 200 && (code = await codeOf(log.append([batch]))) === 'taken') taken += 1;
    console.log(JSON.stringify([taken, code, await codeOf(log.append([{ kind: 'mark' }])), log.read(1, 1e9).length]));
    await log.close()`,
    // No file may grow beyond 2 MiB (blocks of 512 bytes): what a full disk does, without one.
    'ulimit -f 4096;',
  )
  let output = ''
  child.stdout.on('data', (text) => {
    output += text
  })
  const [exitCode] = await once(child, 'close')
  const [taken, code, after, readable] = JSON.parse(output)
  expect([exitCode, code, after]).toEqual([0, 'AGT_LOG_FAILED', 'AGT_LOG_FAILED'])
  expect(taken).toBeGreaterThan(10)
  expect(readable).toBe(taken)
  const log = await openLmdbLog({ dir })
  expect(log.end()).toBe(taken)
  expect(await log.append([{ kind: 'mark' }])).toBe(taken + 1)
  await log.close()
})
