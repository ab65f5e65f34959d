import { createHash } from 'node:crypto'
import { appendFile, copyFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createFileTransport } from '../../collectors/transports/file.ts'
import { AgenttrailError } from '../../src/errors.ts'
import type { Intake, RecordBatch, Transport } from '../../src/ingest/transport.ts'

/*
 * Goal: every line of a followed file is appended once, under an identity that survives rotation, truncation and restart.
 * Method: a real file is written to, renamed, truncated and followed by tails that come and go; the appended batches are
 * put together again by their identity.
 */
let dir = ''
let path = ''
let batches: RecordBatch[] = []
let failures = 0
/** Whether the log keeps a batch and the tail never learns of it, as if it was killed. */
let isAnswerLost = false
const running: Transport[] = []

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'agenttrail-tail-'))
  path = join(dir, 'pomerium.log')
  batches = []
  failures = 0
  isAnswerLost = false
})

afterEach(async () => {
  for (const transport of running.splice(0)) await transport.stop()
  await rm(dir, { recursive: true, force: true })
})

const intake: Intake = {
  append: async (batch) => {
    if (failures > 0) {
      failures -= 1
      throw new AgenttrailError('AGT_LOG_FULL', 'full')
    }
    batches.push({ ...batch, body: Buffer.from(batch.body) })
    if (isAnswerLost) throw new Error('killed')
    return { partition: 0, offset: batches.length }
  },
  hasRoom: () => true,
  retryAfterSeconds: 0.05,
}

const follow = async (): Promise<Transport> => {
  const transport = createFileTransport({
    intake,
    path,
    format: 'auto',
    source: '',
    realm: 'default',
    positionsDir: dir,
    rotatedQuietMs: 300,
  })
  running.push(transport)
  await transport.start()
  return transport
}

/** Lines by identity: the same position twice is one line. */
const lines = (): string[] => {
  const found = new Map<string, string>()
  for (const batch of batches) {
    let offset = batch.baseOffset
    for (const line of Buffer.from(batch.body).toString().split('\n')) {
      if (line !== '') found.set(`${batch.batchId}:${offset}`, line)
      offset += Buffer.byteLength(line) + 1
    }
  }
  return [...found.values()]
}

const until = async (done: () => boolean): Promise<void> => {
  for (let waited = 0; !done() && waited < 8000; waited += 20) await delay(20)
}

const numbered = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, at) => `{"line":${from + at},"text":"täxt"}\n`).join('')

const names = (from: number, to: number): string[] => numbered(from, to).trimEnd().split('\n')

it('appends what is there and what comes, and holds a line that is not whole', async () => {
  await writeFile(path, numbered(0, 50))
  await follow()
  await appendFile(path, `${numbered(50, 60)}{"line":`)
  await until(() => lines().length === 60)
  expect(lines()).toEqual(names(0, 60))
  await appendFile(path, '60,"text":"täxt"}\n')
  await until(() => lines().length === 61)
  expect(lines()).toEqual(names(0, 61))
})

it('goes on after a restart, and reads again at most what was not saved', async () => {
  await writeFile(path, numbered(0, 20))
  const first = await follow()
  await until(() => lines().length === 20)
  await first.stop()
  const before = batches.length
  await appendFile(path, numbered(20, 30))
  await follow()
  await until(() => lines().length === 30)
  expect(lines()).toEqual(names(0, 30))
  expect(batches.slice(before).every((batch) => batch.baseOffset > 0)).toBe(true)
})

it('reads a renamed file to its end before the new one, also when that happened while it was away', async () => {
  await writeFile(path, numbered(0, 10))
  const first = await follow()
  await until(() => lines().length === 10)
  await appendFile(path, numbered(10, 15))
  await rename(path, `${path}.1`)
  await writeFile(path, numbered(100, 110))
  await until(() => lines().length === 25)
  expect(lines()).toEqual([...names(0, 15), ...names(100, 110)])
  await first.stop()
  await appendFile(path, numbered(110, 112))
  await rename(path, `${path}.2`)
  await writeFile(path, numbered(200, 205))
  await follow()
  await until(() => lines().length === 32)
  expect(lines()).toEqual([...names(0, 15), ...names(100, 112), ...names(200, 205)])
})

it('reads what a writer still writes to a renamed file', async () => {
  await writeFile(path, numbered(0, 10))
  await follow()
  await until(() => lines().length === 10)
  await rename(path, `${path}.1`)
  await writeFile(path, numbered(100, 105))
  await delay(150)
  await appendFile(`${path}.1`, numbered(10, 12))
  await until(() => lines().length === 17)
  expect(lines()).toEqual([...names(0, 12), ...names(100, 105)])
})

it('takes a truncated file for a new one', async () => {
  await writeFile(path, numbered(0, 10))
  await follow()
  await until(() => lines().length === 10)
  await truncate(path, 0)
  await appendFile(path, numbered(500, 505))
  await until(() => lines().length === 15)
  expect(lines()).toEqual([...names(0, 10), ...names(500, 505)])
  expect(new Set(batches.map((batch) => batch.batchId)).size).toBe(2)
})

it('waits for a full log and loses nothing', async () => {
  failures = 3
  await writeFile(path, numbered(0, 10))
  await follow()
  await until(() => lines().length === 10)
  expect(failures).toBe(0)
  expect(lines()).toEqual(names(0, 10))
})

it('keeps the beginning, size and hash of a line of 50 MB, and goes on behind it', async () => {
  const long = 'x'.repeat(50_000_000)
  await writeFile(path, `${numbered(0, 2)}${long}\n${numbered(2, 4)}`)
  await follow()
  await until(() => batches.some((batch) => Buffer.from(batch.body).toString().includes('"line":3')))
  const truncated = batches.filter((batch) => batch.truncated !== undefined)
  expect(truncated).toHaveLength(1)
  expect(truncated[0]?.truncated?.bytes).toBe(long.length)
  expect(truncated[0]?.body.length).toBe(64 * 1024)
  expect(lines().filter((line) => !line.startsWith('x'))).toEqual(names(0, 4))
})

it('stores a record once where it was killed before it could save its first position and the file grew', async () => {
  await writeFile(path, numbered(0, 1))
  isAnswerLost = true
  const killed = await follow()
  await until(() => batches.length > 0)
  await killed.stop()
  isAnswerLost = false
  await appendFile(path, numbered(1, 100))
  await follow()
  await until(() => lines().length >= 100)
  expect(lines()).toEqual(names(0, 100))
})

it('tells a file from the next one that begins with 300 equal bytes', async () => {
  // As Envoy's access lines do: the request id and the time come last.
  const line = (id: number): string => `{"authority":"${'a'.repeat(300)}","request-id":"${id}"}`
  await writeFile(path, `${line(1)}\n${line(2)}\n`)
  await follow()
  await until(() => lines().length === 2)
  await rename(path, `${path}.1`)
  await writeFile(path, `${line(3)}\n${line(4)}\n`)
  await until(() => batches.length === 2)
  expect(lines()).toEqual([line(1), line(2), line(3), line(4)])
})

it('reads the files between, when rotation came twice while it was away', async () => {
  await writeFile(path, numbered(0, 10))
  const first = await follow()
  await until(() => lines().length === 10)
  await first.stop()
  await rename(path, `${path}.2`)
  await delay(20)
  await writeFile(`${path}.1`, numbered(100, 110))
  await delay(20)
  await writeFile(path, numbered(200, 210))
  // Neither is a rotated log.
  await writeFile(`${path}.1.gz`, numbered(900, 901))
  await writeFile(`${path}.err`, numbered(901, 902))
  await follow()
  await until(() => lines().length === 30)
  expect(lines()).toEqual([...names(0, 10), ...names(100, 110), ...names(200, 210)])
})

it('reads the end of a file that was copied and truncated from the copy', async () => {
  await writeFile(path, numbered(0, 100))
  await follow()
  await until(() => lines().length === 100)
  await appendFile(path, numbered(100, 110))
  await copyFile(path, `${path}.1`)
  await writeFile(path, numbered(200, 205))
  await until(() => lines().length === 115)
  expect(lines()).toEqual([...names(0, 110), ...names(200, 205)])
})

it('keeps of a long line that its writer never ended what it keeps of any long line', async () => {
  const long = 'y'.repeat(2_000_000)
  await writeFile(path, `${numbered(0, 1)}${long}`)
  await follow()
  await until(() => batches.length === 1)
  await rename(path, `${path}.1`)
  await writeFile(path, numbered(1, 2))
  await until(() => batches.length === 3)
  const sha256 = createHash('sha256').update(long).digest('hex')
  expect(batches.map(({ truncated }) => truncated)).toEqual([undefined, { bytes: long.length, sha256 }, undefined])
})

it('counts a carriage return to the line end of a long line', async () => {
  // The line end lies across the border of what is read at once.
  const long = 'z'.repeat((1 << 20) - 1)
  await writeFile(path, `${long}\r\n${numbered(0, 1)}`)
  await follow()
  await until(() => batches.length === 2)
  const sha256 = createHash('sha256').update(long).digest('hex')
  expect(batches[0]?.truncated).toEqual({ bytes: long.length, sha256 })
  expect(batches[1]?.baseOffset).toBe(long.length + 2)
})
