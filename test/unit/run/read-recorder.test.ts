import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { CommandEntry, LogEntry } from '../../../src/log/entry.ts'
import { ReadRecorder } from '../../../src/run/read-recorder.ts'

// Goal: every read is in the log before it is answered, and a page that asks all the time does not fill it.

let entries: CommandEntry[]
let failures: unknown[]
let isFull: boolean
let nowMs: number
let recorder: ReadRecorder

beforeEach(() => {
  vi.useFakeTimers()
  entries = []
  failures = []
  isFull = false
  nowMs = 1_000_000
  recorder = new ReadRecorder({
    log: {
      append: async (added: readonly LogEntry[]) => {
        if (isFull) throw new Error('full')
        entries.push(...(added as readonly CommandEntry[]))
        return entries.length
      },
    },
    now: () => nowMs,
    onFailure: (error) => failures.push(error),
  })
})
afterEach(() => vi.useRealTimers())

const read = { realm: 'prod', by: 'token:mira', endpoint: 'GET /api/v1/sessions/{id}', target: 's1', query: '' }
const times = () => entries.map(({ command }) => (command.type === 'read' ? command.reads[0]?.times : null))
const pass = async (ms: number) => {
  nowMs += ms
  await vi.advanceTimersByTimeAsync(ms)
}

test('is in the log as a command of who read it, in its realm', async () => {
  await recorder.record(read)
  const { realm, by, ...rest } = read
  expect(entries).toMatchObject([
    { kind: 'command', realm, by, timeMs: 1_000_000, command: { type: 'read', reads: [{ ...rest, times: 1 }] } },
  ])
})

test('repetitions within a minute are one more entry with their number', async () => {
  for (let second = 0; second < 30; second += 1) {
    await recorder.record(read)
    await pass(1_000)
  }
  expect(times()).toEqual([1])
  await pass(60_000)
  expect(times()).toEqual([1, 29])
  await recorder.record(read)
  expect(times()).toEqual([1, 29, 1])
})

test.each([
  ['somebody else', { by: 'token:jon' }],
  ['another realm', { realm: 'stage' }],
  ['another thing', { target: 's2' }],
  ['another question', { query: 'agent=a' }],
])('%s is another read', async (_what, change) => {
  await recorder.record(read)
  await recorder.record({ ...read, ...change })
  expect(times()).toEqual([1, 1])
})

test('a read that cannot be recorded is none', async () => {
  isFull = true
  await expect(recorder.record(read)).rejects.toThrow('full')
  isFull = false
  await recorder.record(read)
  expect(times()).toEqual([1])
})

test('a stop records what was counted, and says so where it cannot', async () => {
  await recorder.record(read)
  await recorder.record(read)
  await recorder.stop()
  expect(times()).toEqual([1, 1])
  await recorder.record(read)
  await recorder.record(read)
  isFull = true
  await recorder.stop()
  expect(failures).toHaveLength(1)
})
