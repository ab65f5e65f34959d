import { createHash } from 'node:crypto'
import { appendFile, rename, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { names, numbered, openTail, type Tail, until } from '../fakes/tail.ts'

/*
 * Goal: every line of a followed file is appended once, under an identity that survives restarts.
 * Method: a real file is written to and followed by tails that come and go; the appended batches are put together again
 * by their identity.
 */
let tail: Tail
beforeEach(async () => {
  tail = await openTail()
})
afterEach(() => tail.close())

it('appends what is there and what comes, and holds a line that is not whole', async () => {
  await writeFile(tail.path, numbered(0, 50))
  await tail.follow()
  await appendFile(tail.path, `${numbered(50, 60)}{"line":`)
  await until(() => tail.lines().length === 60)
  expect(tail.lines()).toEqual(names(0, 60))
  await appendFile(tail.path, '60,"text":"täxt"}\n')
  await until(() => tail.lines().length === 61)
  expect(tail.lines()).toEqual(names(0, 61))
})

it('goes on after a restart, and reads again at most what was not saved', async () => {
  await writeFile(tail.path, numbered(0, 20))
  const first = await tail.follow()
  await until(() => tail.lines().length === 20)
  await first.stop()
  const before = tail.batches.length
  await appendFile(tail.path, numbered(20, 30))
  await tail.follow()
  await until(() => tail.lines().length === 30)
  expect(tail.lines()).toEqual(names(0, 30))
  expect(tail.batches.slice(before).every((batch) => batch.baseOffset > 0)).toBe(true)
})

it('waits for a full log and loses nothing', async () => {
  tail.failures = 3
  await writeFile(tail.path, numbered(0, 10))
  await tail.follow()
  await until(() => tail.lines().length === 10)
  expect(tail.failures).toBe(0)
  expect(tail.lines()).toEqual(names(0, 10))
})

it('keeps the beginning, size and hash of a line of 50 MB, and goes on behind it', async () => {
  const long = 'x'.repeat(50_000_000)
  await writeFile(tail.path, `${numbered(0, 2)}${long}\n${numbered(2, 4)}`)
  await tail.follow()
  await until(() => tail.batches.some((batch) => Buffer.from(batch.body).toString().includes('"line":3')))
  const truncated = tail.batches.filter((batch) => batch.truncated !== undefined)
  expect(truncated).toHaveLength(1)
  expect(truncated[0]?.truncated?.bytes).toBe(long.length)
  expect(truncated[0]?.body.length).toBe(64 * 1024)
  expect(tail.lines().filter((line) => !line.startsWith('x'))).toEqual(names(0, 4))
})

it('stores a record once where it was killed before it could save its first position and the file grew', async () => {
  await writeFile(tail.path, numbered(0, 1))
  tail.isAnswerLost = true
  const killed = await tail.follow()
  await until(() => tail.batches.length > 0)
  await killed.stop()
  tail.isAnswerLost = false
  await appendFile(tail.path, numbered(1, 100))
  await tail.follow()
  await until(() => tail.lines().length >= 100)
  expect(tail.lines()).toEqual(names(0, 100))
})

it('keeps of a long line that its writer never ended what it keeps of any long line', async () => {
  const long = 'y'.repeat(2_000_000)
  await writeFile(tail.path, `${numbered(0, 1)}${long}`)
  await tail.follow()
  await until(() => tail.batches.length === 1)
  await rename(tail.path, `${tail.path}.1`)
  await writeFile(tail.path, numbered(1, 2))
  await until(() => tail.batches.length === 3)
  const sha256 = createHash('sha256').update(long).digest('hex')
  expect(tail.batches.map(({ truncated }) => truncated)).toEqual([undefined, { bytes: long.length, sha256 }, undefined])
})

it('counts a carriage return to the line end of a long line', async () => {
  // The line end lies across the border of what is read at once.
  const long = 'z'.repeat((1 << 20) - 1)
  await writeFile(tail.path, `${long}\r\n${numbered(0, 1)}`)
  await tail.follow()
  await until(() => tail.batches.length === 2)
  const sha256 = createHash('sha256').update(long).digest('hex')
  expect(tail.batches[0]?.truncated).toEqual({ bytes: long.length, sha256 })
  expect(tail.batches[1]?.baseOffset).toBe(long.length + 2)
})
