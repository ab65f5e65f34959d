import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AgenttrailError } from '../../../src/errors.ts'
import type { StoreClient } from '../../../src/store/client.ts'
import type { SealedSegment } from '../../../src/store/segments.ts'
import { createStoreWriter, type StoredMarks, type StoreWriter } from '../../../src/store/writer.ts'

/** A store that answers each insert when the test says so. */
class FakeStore {
  readonly begun: string[] = []
  readonly sql: string[] = []
  readonly #open = new Map<string, { readonly resolve: () => void; readonly reject: (error: Error) => void }>()

  /** How many rows of an insert in doubt are missing, one answer after the other; the last one goes on. */
  missing = [0]

  readonly client: StoreClient = {
    query: async <T>() => {
      const [rows = 0] = this.missing
      if (this.missing.length > 1) this.missing = this.missing.slice(1)
      return [{ rows }] as unknown as T[]
    },
    queryMeasured: async () => ({ rows: [], rowsRead: 0, seconds: 0 }),
    command: async (sql) => {
      this.sql.push(sql)
      const name = /token = '([^']+)'/.exec(sql)?.[1] ?? 'without token'
      this.begun.push(name)
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      this.#open.set(name, { resolve, reject })
      await promise
    },
    insertStream: async () => undefined,
    ping: async () => undefined,
    close: async () => undefined,
  }

  inFlight(): string[] {
    return [...this.#open.keys()]
  }

  async finish(name: string, error?: Error): Promise<void> {
    const insert = this.#open.get(name)
    if (insert === undefined) throw new Error(`${name} is not in flight`)
    this.#open.delete(name)
    if (error === undefined) insert.resolve()
    else insert.reject(error)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

let dir: string
let store: FakeStore
let writer: StoreWriter

const start = (stored: StoredMarks = {}): void => {
  store = new FakeStore()
  writer = createStoreWriter({ client: store.client, segmentMode: 'path', stored })
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'agenttrail-test-'))
  start()
})

afterEach(async () => {
  const stopped = writer.stop()
  for (const name of store.inFlight()) await store.finish(name)
  await stopped
  rmSync(dir, { recursive: true, force: true })
})

const segment = (table: string, mark: number): SealedSegment => {
  const file = join(dir, `${table}-${mark}`)
  writeFileSync(file, 'x')
  return { table, epoch: 'epoch', mark, file, rows: 1, added: 1, bytes: 10, token: `${table}-${mark}` }
}

describe('order', () => {
  test('a table gets its marks one after the other, and two tables at once', () => {
    writer.enqueue(1, [segment('events', 1), segment('calls', 1), segment('sessions', 1)])
    writer.enqueue(2, [segment('events', 2)])
    expect(store.begun).toEqual(['events-1', 'calls-1'])
  })

  test('a table that waits goes before one that has just had its turn', async () => {
    writer.enqueue(1, [segment('events', 1), segment('calls', 1), segment('sessions', 1)])
    writer.enqueue(2, [segment('events', 2)])
    await store.finish('events-1')
    await store.finish('calls-1')
    expect(store.begun).toEqual(['events-1', 'calls-1', 'sessions-1', 'events-2'])
  })

  test('a mark is stored when it and all before it are', async () => {
    const heard: number[] = []
    writer.onStored((mark) => heard.push(mark))
    writer.enqueue(1, [segment('events', 1)])
    writer.enqueue(2, [segment('calls', 2)])
    writer.enqueue(3, [])
    await store.finish('calls-2')
    expect(writer.storedThrough()).toBe(0)
    await store.finish('events-1')
    expect(writer.storedThrough()).toBe(3)
    expect(heard).toEqual([3])
  })

  test('a mark without rows is stored at once where nothing is before it', () => {
    writer.enqueue(4, [])
    expect(writer.storedThrough()).toBe(4)
  })
})

describe('a failed insert', () => {
  test.each([
    [new AgenttrailError('AGT_STORE_UNAVAILABLE', 'reset')],
    [new AgenttrailError('AGT_STORE_REFUSED', 'no such column')],
  ])('is sent again as it was, and the table waits for it (%s)', async (error) => {
    writer.enqueue(1, [segment('events', 1)])
    writer.enqueue(2, [segment('events', 2)])
    await store.finish('events-1', error)
    await expect.poll(() => store.begun).toEqual(['events-1', 'events-1'])
    expect(store.sql[1]).toBe(store.sql[0])
    expect(existsSync(join(dir, 'events-1'))).toBe(true)
    expect(writer.storedThrough()).toBe(0)
    await store.finish('events-1')
    await expect.poll(() => store.begun.at(-1)).toBe('events-2')
  })

  test('whose rows are not there although the store says so is made up for, without a token', async () => {
    store.missing = [1]
    writer.enqueue(1, [segment('events', 1)])
    await store.finish('events-1', new AgenttrailError('AGT_STORE_UNAVAILABLE', 'reset'))
    await expect.poll(() => store.inFlight()).toEqual(['events-1'])
    await store.finish('events-1')
    await expect.poll(() => store.inFlight(), { timeout: 3_000 }).toEqual(['without token'])
    expect(writer.storedThrough()).toBe(0)
    await store.finish('without token')
    await expect.poll(() => writer.storedThrough()).toBe(1)
  })

  test('that was only slow, so that its rows are there at a second look, is left alone', async () => {
    store.missing = [1, 0]
    writer.enqueue(1, [segment('events', 1)])
    await store.finish('events-1', new AgenttrailError('AGT_STORE_UNAVAILABLE', 'reset'))
    await expect.poll(() => store.inFlight()).toEqual(['events-1'])
    await store.finish('events-1')
    await expect.poll(() => writer.storedThrough(), { timeout: 3_000 }).toBe(1)
    expect(store.begun).toEqual(['events-1', 'events-1'])
  })

  test('is not sent again after a stop, and keeps its file', async () => {
    writer.enqueue(1, [segment('events', 1)])
    await store.finish('events-1', new AgenttrailError('AGT_STORE_UNAVAILABLE', 'reset'))
    await writer.stop()
    expect(store.begun).toEqual(['events-1'])
    expect(existsSync(join(dir, 'events-1'))).toBe(true)
  })
})

describe('files', () => {
  test('are removed once confirmed, and counted until then', async () => {
    writer.enqueue(1, [segment('events', 1), segment('calls', 1)])
    expect(writer.pendingBytes()).toBe(20)
    await store.finish('events-1')
    expect(writer.pendingBytes()).toBe(10)
    await expect.poll(() => existsSync(join(dir, 'events-1'))).toBe(false)
    expect(existsSync(join(dir, 'calls-1'))).toBe(true)
  })

  test('that the store had before the start are not sent, the newest mark is sent again', async () => {
    start({ events: 5 })
    writer.enqueue(4, [segment('events', 4), segment('calls', 4)])
    writer.enqueue(5, [segment('events', 5)])
    expect(store.begun).toEqual(['calls-4', 'events-5'])
    await expect.poll(() => existsSync(join(dir, 'events-4'))).toBe(false)
  })

  test('are named in the statement as text only', () => {
    const hostile = { ...segment('events', 1), file: "/a'b\\c" }
    writer.enqueue(1, [hostile])
    expect(store.sql[0]).toContain("file('/a\\'b\\\\c', 'RowBinary', ")
  })
})
