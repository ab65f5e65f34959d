import { appendFile, copyFile, readdir, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { names, numbered, openTail, type Tail, until } from '../fakes/tail.ts'

/*
 * Goal: every line of a followed file is appended once, whatever rotation does to the file.
 * Method: a real file is renamed, copied, truncated and compressed, with a tail there and away; the appended batches are
 * put together again by their identity.
 */
let tail: Tail
beforeEach(async () => {
  tail = await openTail()
})
afterEach(() => tail.close())

/** What a rotation leaves that compresses: the file is gone, the archive has its time. */
const compress = async (name: string, bytes: Buffer, writtenAt: Date): Promise<void> => {
  await rm(tail.path, { force: true })
  await writeFile(`${tail.path}${name}`, bytes)
  await utimes(`${tail.path}${name}`, writtenAt, writtenAt)
}
const minutesAgo = (minutes: number): Date => new Date(Date.now() - minutes * 60_000)

it('reads a renamed file to its end before the new one, also when that happened while it was away', async () => {
  await writeFile(tail.path, numbered(0, 10))
  const first = await tail.follow()
  await until(() => tail.lines().length === 10)
  await appendFile(tail.path, numbered(10, 15))
  await rename(tail.path, `${tail.path}.1`)
  await writeFile(tail.path, numbered(100, 110))
  await until(() => tail.lines().length === 25)
  expect(tail.lines()).toEqual([...names(0, 15), ...names(100, 110)])
  await first.stop()
  await appendFile(tail.path, numbered(110, 112))
  await rename(tail.path, `${tail.path}.2`)
  await writeFile(tail.path, numbered(200, 205))
  await tail.follow()
  await until(() => tail.lines().length === 32)
  expect(tail.lines()).toEqual([...names(0, 15), ...names(100, 112), ...names(200, 205)])
})

it('reads what a writer still writes to a renamed file', async () => {
  await writeFile(tail.path, numbered(0, 10))
  await tail.follow()
  await until(() => tail.lines().length === 10)
  await rename(tail.path, `${tail.path}.1`)
  await writeFile(tail.path, numbered(100, 105))
  await delay(150)
  await appendFile(`${tail.path}.1`, numbered(10, 12))
  await until(() => tail.lines().length === 17)
  expect(tail.lines()).toEqual([...names(0, 12), ...names(100, 105)])
})

it('takes a truncated file for a new one', async () => {
  await writeFile(tail.path, numbered(0, 10))
  await tail.follow()
  await until(() => tail.lines().length === 10)
  await truncate(tail.path, 0)
  await appendFile(tail.path, numbered(500, 505))
  await until(() => tail.lines().length === 15)
  expect(tail.lines()).toEqual([...names(0, 10), ...names(500, 505)])
  expect(new Set(tail.batches.map((batch) => batch.batchId)).size).toBe(2)
})

it('tells a file from the next one that begins with 300 equal bytes', async () => {
  // As Envoy's access lines do: the request id and the time come last.
  const line = (id: number): string => `{"authority":"${'a'.repeat(300)}","request-id":"${id}"}`
  await writeFile(tail.path, `${line(1)}\n${line(2)}\n`)
  await tail.follow()
  await until(() => tail.lines().length === 2)
  await rename(tail.path, `${tail.path}.1`)
  await writeFile(tail.path, `${line(3)}\n${line(4)}\n`)
  await until(() => tail.batches.length === 2)
  expect(tail.lines()).toEqual([line(1), line(2), line(3), line(4)])
})

it('reads the files between, when rotation came twice while it was away', async () => {
  await writeFile(tail.path, numbered(0, 10))
  const first = await tail.follow()
  await until(() => tail.lines().length === 10)
  await first.stop()
  await rename(tail.path, `${tail.path}.2`)
  await delay(20)
  await writeFile(`${tail.path}.1`, numbered(100, 110))
  await delay(20)
  await writeFile(tail.path, numbered(200, 210))
  // Not a rotated log.
  await writeFile(`${tail.path}.err`, numbered(901, 902))
  await tail.follow()
  await until(() => tail.lines().length === 30)
  expect(tail.lines()).toEqual([...names(0, 10), ...names(100, 110), ...names(200, 210)])
})

it('reads the end of a file that was copied and truncated from the copy', async () => {
  await writeFile(tail.path, numbered(0, 100))
  await tail.follow()
  await until(() => tail.lines().length === 100)
  await appendFile(tail.path, numbered(100, 110))
  await copyFile(tail.path, `${tail.path}.1`)
  await writeFile(tail.path, numbered(200, 205))
  await until(() => tail.lines().length === 115)
  expect(tail.lines()).toEqual([...names(0, 110), ...names(200, 205)])
})

it('reads a file to its end that was compressed while it was away, and what came between', async () => {
  await writeFile(tail.path, numbered(0, 10))
  const first = await tail.follow()
  await until(() => tail.lines().length === 10)
  await first.stop()
  // Two frames, as tools that compress in parallel write them.
  const frames = [zstdCompressSync(numbered(0, 12)), zstdCompressSync(numbered(12, 20))]
  await compress('.3.zst', Buffer.concat(frames), minutesAgo(3))
  await compress('-20260102.gz', gzipSync(numbered(100, 110)), minutesAgo(2))
  await writeFile(`${tail.path}.1`, numbered(200, 205))
  await utimes(`${tail.path}.1`, minutesAgo(1), minutesAgo(1))
  await writeFile(tail.path, numbered(300, 305))
  // An archive of long ago was read long ago.
  await writeFile(`${tail.path}.4.gz`, gzipSync(numbered(900, 910)))
  await utimes(`${tail.path}.4.gz`, minutesAgo(9), minutesAgo(9))
  await tail.follow()
  await until(() => tail.lines().length === 40)
  expect(tail.lines()).toEqual([...names(0, 20), ...names(100, 110), ...names(200, 205), ...names(300, 305)])
  // What was decompressed is gone with its reader.
  expect((await readdir(tail.dir)).filter((name) => name.endsWith('.spool'))).toEqual([])
})

it('waits for an archive that is still being written, and reads of a torn one what there is', async () => {
  await writeFile(tail.path, numbered(0, 10))
  const first = await tail.follow()
  await until(() => tail.lines().length === 10)
  await first.stop()
  const archive = gzipSync(numbered(0, 5000))
  await compress('.1.gz', archive.subarray(0, archive.length / 2), new Date())
  await writeFile(tail.path, numbered(9000, 9005))
  const second = await tail.follow()
  await delay(150)
  expect(tail.lines()).toEqual(names(0, 10))
  await compress('.1.gz', archive, minutesAgo(1))
  await writeFile(tail.path, numbered(9000, 9005))
  await until(() => tail.lines().length === 5005)
  expect(tail.lines()).toEqual([...names(0, 5000), ...names(9000, 9005)])
  await second.stop()

  const torn = gzipSync(numbered(9000, 9900))
  await compress('.2.gz', torn.subarray(0, torn.length - 200), minutesAgo(1))
  await tail.follow()
  await until(() => tail.lines().length > 5305)
  const read = tail.lines()
  expect(read.length).toBeGreaterThan(5305)
  expect(read.slice(0, -1)).toEqual([...names(0, 5000), ...names(9000, 9900)].slice(0, read.length - 1))
})

it('tells files apart that begin with the same line and were first seen with no other', async () => {
  const head = '{"log":"opened"}\n'
  await writeFile(tail.path, head)
  const first = await tail.follow()
  await until(() => tail.lines().length === 1)
  await appendFile(tail.path, numbered(0, 5))
  await until(() => tail.lines().length === 6)
  await rename(tail.path, `${tail.path}.1`)
  await writeFile(tail.path, head)
  await until(() => tail.lines().length === 7)
  await appendFile(tail.path, numbered(100, 110))
  await until(() => tail.lines().length === 17)
  await first.stop()
  // The file is longer than what was read of the one before, and it begins with the same line.
  await appendFile(tail.path, numbered(110, 112))
  await rename(tail.path, `${tail.path}.2`)
  await writeFile(tail.path, `${head}${numbered(200, 250)}`)
  await tail.follow()
  await until(() => tail.lines().length === 70)
  const opened = head.trimEnd()
  expect(tail.lines()).toEqual([opened, ...names(0, 5), opened, ...names(100, 112), opened, ...names(200, 250)])
  expect(new Set(tail.batches.map((batch) => batch.batchId)).size).toBe(3)
})

it('finds a file again that was renamed before its extension', async () => {
  await writeFile(tail.path, numbered(0, 10))
  const first = await tail.follow()
  await until(() => tail.lines().length === 10)
  await first.stop()
  await appendFile(tail.path, numbered(10, 12))
  await rename(tail.path, join(tail.dir, 'pomerium-2026-01-02T15-04-05.000.log'))
  await writeFile(tail.path, numbered(100, 102))
  await tail.follow()
  await until(() => tail.lines().length === 14)
  expect(tail.lines()).toEqual([...names(0, 12), ...names(100, 102)])
})

it('stores the line that every file begins with for each, also where a file had no other', async () => {
  const head = '{"log":"opened"}\n'
  await writeFile(tail.path, head)
  await tail.follow()
  await until(() => tail.lines().length === 1)
  await rename(tail.path, `${tail.path}.1`)
  await writeFile(tail.path, `${head}${numbered(0, 5)}`)
  await until(() => tail.lines().length === 7)
  expect(tail.lines()).toEqual([head.trimEnd(), head.trimEnd(), ...names(0, 5)])
})

it('takes a truncated file for a new one that begins as it did and is longer already', async () => {
  const head = '{"log":"opened"}\n'
  await writeFile(tail.path, head)
  await tail.follow()
  await until(() => tail.lines().length === 1)
  await appendFile(tail.path, numbered(0, 5))
  await until(() => tail.lines().length === 6)
  await writeFile(tail.path, `${head}${numbered(100, 120)}`)
  await until(() => tail.lines().length === 27)
  expect(tail.lines()).toEqual([head.trimEnd(), ...names(0, 5), head.trimEnd(), ...names(100, 120)])
})
