import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Engine, type EngineDeps, startEngine } from '../../src/engine/supervisor.ts'

const clientOf = (engine: Engine): ClickHouseClient => {
  const agentOptions = { socketPath: engine.socketPath, keepAlive: true }
  return createClient({
    url: 'http://localhost',
    http_agent: new Agent(agentOptions),
    log: { level: ClickHouseLogLevel.OFF },
  })
}

/*
 * Goal: the embedded engine is to `@clickhouse/client` what a ClickHouse server is.
 * Method: the real client over the real socket, every kind of call that it has.
 */
describe('the client that everybody has', () => {
  let dataDir: string
  let engine: Engine
  let client: ClickHouseClient

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'agenttrail-test-'))
    engine = startEngine({ dataDir, env: process.env })
    await engine.ready
    client = clientOf(engine)
    await client.command({
      query: 'CREATE TABLE t (id UInt64, text String, list Array(String)) ENGINE = MergeTree ORDER BY id',
    })
  })

  afterAll(async () => {
    await client.close()
    await engine.stop()
    await rm(dataDir, { recursive: true, force: true })
  })

  const rowsOf = async (query: string, params: Record<string, unknown> = {}): Promise<unknown[]> =>
    (await client.query({ query, query_params: params, format: 'JSONEachRow' })).json()

  test('gets an answer to a ping', async () => {
    expect(await client.ping()).toEqual({ success: true })
  })

  test('reads what it inserted, character by character', async () => {
    const text = 'Zoë 🦊 "q" \\n \' ; DROP TABLE t'
    await client.insert({ table: 't', values: [{ id: 1, text, list: ['a', ''] }], format: 'JSONEachRow' })
    expect(await rowsOf('SELECT text, list FROM t WHERE id = 1')).toEqual([{ text, list: ['a', ''] }])
  })

  test('streams an insert whose chunks end within a character', async () => {
    const bytes = Buffer.from('{"id":2,"text":"éé","list":[]}\n')
    const cut = bytes.indexOf(0xc3) + 1
    const values = Readable.from([bytes.subarray(0, cut), bytes.subarray(cut)], { objectMode: false })
    const { stream } = await client.exec({ query: 'INSERT INTO t FORMAT JSONEachRow', values })
    stream.resume()
    await expect.poll(() => rowsOf('SELECT text FROM t WHERE id = 2')).toEqual([{ text: 'éé' }])
  })

  test.each([
    ["it's"],
    ['back\\slash'],
    ["\\'; DROP TABLE t; --"],
    ['tab\tnewline\nnul\u0000'],
    ["', 'x"],
    ['{a:String}'],
  ])('a parameter is only ever a value: %j', async (value) => {
    expect(await rowsOf('SELECT {a:String} AS a, {b:Array(String)} AS b', { a: value, b: [value, ''] })).toEqual([
      { a: value, b: [value, ''] },
    ])
  })

  test('a parameter may be as long as a page of ids', async () => {
    const ids = Array.from({ length: 1000 }, (_, i) => `call-${i}-${'x'.repeat(50)}`)
    expect(await rowsOf('SELECT length({ids:Array(String)}) AS n', { ids })).toEqual([{ n: 1000 }])
  })

  test('a setting of one request does not reach the next', async () => {
    const limited = client.query({
      query: 'SELECT number FROM numbers(10)',
      clickhouse_settings: { max_result_rows: '1' },
    })
    await expect(limited).rejects.toMatchObject({ code: '396' })
    expect(await rowsOf('SELECT number FROM numbers(10)')).toHaveLength(10)
  })

  test.each([
    ['SELECT nope', '47'],
    ['SELEC 1', '62'],
    ['SELECT * FROM no_such_table', '60'],
  ])('%s fails with code %s', async (query, code) => {
    await expect(client.query({ query })).rejects.toMatchObject({ code })
  })

  test('a query has half of the memory, and the engine outlives one that wants more', async () => {
    const query = 'SELECT length(groupArray(number)) FROM numbers(2000000000)'
    await expect(client.query({ query })).rejects.toMatchObject({ code: '241' })
    const limit = await rowsOf("SELECT value FROM system.settings WHERE name = 'max_memory_usage'")
    expect(limit).toEqual([{ value: String(2 * 1024 ** 3) }])
    expect(engine.restarts()).toBe(0)
  })

  test('a large answer comes in pieces, none of which holds all of it', async () => {
    const answer = await client.query({
      query: "SELECT number, repeat('x', 100) AS x FROM numbers(300000)",
      format: 'JSONEachRow',
    })
    let rows = 0
    let largest = 0
    for await (const piece of answer.stream()) {
      rows += piece.length
      largest = Math.max(largest, piece.length)
    }
    expect(rows).toBe(300_000)
    expect(largest).toBeLessThan(150_000)
  })

  test('reads run beside each other', async () => {
    const began = performance.now()
    await Promise.all(Array.from({ length: 4 }, () => rowsOf('SELECT sleep(0.5)')))
    expect(performance.now() - began).toBeLessThan(1_900)
  })

  test('its socket is nobody else’s', () => {
    expect(statSync(dirname(engine.socketPath)).mode & 0o777).toBe(0o700)
  })
})

describe('a directory', () => {
  let dataDir: string
  const engines: Engine[] = []
  const start = (deps: Partial<EngineDeps> = {}): Engine => {
    const engine = startEngine({ dataDir, env: process.env, ...deps })
    engines.push(engine)
    return engine
  }

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'agenttrail-test-'))
  })

  afterEach(async () => {
    await Promise.all(engines.splice(0).map((engine) => engine.stop()))
    await rm(dataDir, { recursive: true, force: true })
  })

  test('that another engine has is refused after the wait', async () => {
    await start().ready
    await expect(start({ lockWaitMs: 300 }).ready).rejects.toMatchObject({ code: 'AGT_DATA_DIR_LOCKED' })
  })

  test('that another engine gives up within the wait is taken', async () => {
    const before = start()
    await before.ready
    const after = start()
    // Long enough for its first try.
    await sleep(1_200)
    await before.stop()
    await after.ready
    expect(after.state()).toBe('up')
  })

  test('that a newer engine has written is refused, untouched', async () => {
    const store = join(dataDir, 'store')
    mkdirSync(store)
    writeFileSync(join(store, 'agenttrail-engine-version'), '99.1.1.1')
    await expect(start().ready).rejects.toMatchObject({ code: 'AGT_DATA_DIR_NEWER' })
    expect(statSync(join(store, 'agenttrail-engine-version')).size).toBe(8)
  })

  test('that is none is refused', async () => {
    writeFileSync(join(dataDir, 'store'), 'a file')
    await expect(start().ready).rejects.toMatchObject({ code: 'AGT_DATA_DIR_UNUSABLE' })
  })

  test('with a long path has its socket elsewhere, in a directory of its own', async () => {
    dataDir = join(dataDir, 'a'.repeat(90))
    const engine = start()
    await engine.ready
    expect(Buffer.byteLength(engine.socketPath)).toBeLessThanOrEqual(100)
    expect(statSync(dirname(engine.socketPath)).mode & 0o777).toBe(0o700)
    const client = clientOf(engine)
    expect(await client.ping()).toEqual({ success: true })
    await client.close()
    await engine.stop()
    expect(() => statSync(dirname(engine.socketPath))).toThrow('ENOENT')
  })

  test('whose engine is stopped before it was ready tells who waits', async () => {
    const engine = start()
    const stopped = engine.stop()
    await expect(engine.ready).rejects.toMatchObject({ code: 'AGT_STORE_UNAVAILABLE' })
    await stopped
    expect(engine.state()).toBe('down')
  })
})
