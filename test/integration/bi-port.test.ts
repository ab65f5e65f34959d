import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type BiPort, type BiReader, startBiPort } from '../../src/engine/bi-port.ts'
import { goodQueries, hostileQueries } from '../fakes/reader-queries.ts'
import { baseMs, baseUs, makeCall, makeDeadLetter, makePayload, makeSession, makeStoredEvent } from '../fakes/rows.ts'
import { openTestStore, type TestStore } from '../fakes/test-store.ts'

/*
 * Goal: readers get rows by SQL, and nothing else: no file, network, setting, other realm, payload or second statement.
 * Method: the port over the real engine, asked by plain HTTP; afterwards the store is as it was, and files are untouched.
 */
const readers: Readonly<Record<string, BiReader>> = {
  'token-all': { name: 'grafana', scope: { realms: 'all', hasPayloads: false } },
  'token-prod': { name: 'prod', scope: { realms: ['prod'], hasPayloads: false } },
  'token-none': { name: 'nobody', scope: { realms: [], hasPayloads: false } },
  'token-payloads': { name: 'forensics', scope: { realms: ['prod'], hasPayloads: true } },
}

let store: TestStore
let port: BiPort
let directory: string
let recorded: string[] = []

interface Asked {
  readonly token?: string
  readonly params?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

const ask = async (sql: string, { token = 'token-all', params = {}, headers = {} }: Asked = {}) => {
  const response = await fetch(`${port.url}/?${new URLSearchParams(params)}`, {
    method: 'POST',
    body: sql,
    headers: { 'x-clickhouse-user': 'any', 'x-clickhouse-key': token, ...headers },
  })
  return {
    status: response.status,
    code: response.headers.get('x-clickhouse-exception-code'),
    text: await response.text(),
  }
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'agenttrail-test-'))
  writeFileSync(join(directory, 'secret.csv'), 'secret-1\n')
  store = await openTestStore()
  await store.store((sink) => {
    for (let n = 0; n < 200; n += 1) {
      const realm = n % 2 === 0 ? 'prod' : 'lab'
      // Cannot be read as a number: a condition that sees it fails, and tells.
      const userEmail = realm === 'lab' ? `hidden-${n}@lab.test` : String(n)
      sink.call(makeCall({ id: `c${n}`, realm, userEmail, timeUs: baseUs + n }), 1)
    }
    sink.session(makeSession({ id: 's-prod', realm: 'prod' }), 1)
    sink.session(makeSession({ id: 's-lab', realm: 'lab' }), 1)
    sink.event(makeStoredEvent({ eventId: 'e1', realm: 'prod' }))
    sink.payload(makePayload({ eventId: 'e1', realm: 'prod', raw: 'payload-1' }))
    sink.deadLetter(makeDeadLetter({ recordId: 'd1', realm: 'prod', raw: 'raw-1' }))
  })
  port = await startBiPort({
    address: { host: '127.0.0.1', port: 0 },
    socketPath: store.engine.socketPath,
    identify: async ({ password, headers }) => {
      if (headers['host']?.startsWith('evil') === true) throw new Error('not under this name')
      return readers[password] ?? null
    },
    record: async ({ name }, sql) => {
      if (sql.includes('unrecorded')) throw new Error('the log is full')
      recorded.push(`${name}: ${sql}`)
    },
  })
})

afterAll(async () => {
  await port?.stop()
  await store?.close()
  rmSync(directory, { recursive: true })
})

beforeEach(() => {
  recorded = []
})

describe('what a reader may not', () => {
  const counts = (): Promise<{ table: string; rows: number }[]> =>
    store.client.query(
      `SELECT name AS table, total_rows AS rows FROM system.tables WHERE database = 'default' ORDER BY name LIMIT 100`,
    )

  test('there are many ways to try', () => {
    expect(new Set(hostileQueries).size).toBe(hostileQueries.length)
    expect(hostileQueries.length).toBeGreaterThanOrEqual(90)
  })

  test.each(hostileQueries)('%s', async (sql) => {
    const text = sql.replaceAll('DIRECTORY', directory)
    for (const token of ['token-prod', 'token-all']) {
      const { status, text: answer } = await ask(text, { token })
      expect(status, answer).toBeGreaterThanOrEqual(400)
      expect(answer).toMatch(/^Code: \d+\. DB::Exception: /)
      expect(answer).not.toContain('secret-1')
      expect(answer).not.toContain('payload-1')
      expect(answer).not.toMatch(/raw-1|hidden-\d/)
    }
  })

  test('afterwards everything is as it was', async () => {
    expect(await counts()).toEqual(expect.arrayContaining([{ table: 'calls', rows: 200 }]))
    expect(readFileSync(join(directory, 'secret.csv'), 'utf8')).toBe('secret-1\n')
    expect(existsSync(join(directory, 'out.csv'))).toBe(false)
    expect((await ask('SELECT count() FROM calls')).text).toBe('200\n')
  })
})

describe('what a reader may', () => {
  test('there are enough of them', () => {
    expect(goodQueries.length).toBeGreaterThanOrEqual(30)
  })

  test.each(goodQueries)('%s', async (sql) => {
    for (const token of ['token-prod', 'token-all']) {
      const { status, text } = await ask(sql, { token, params: { param_id: 's-prod', param_ids: "['c1','c2']" } })
      expect(status, text).toBe(200)
      expect(text).not.toBe('')
    }
  })
})

describe('realms', () => {
  test.each([
    'SELECT count(), uniqExact(realm) FROM calls',
    'SELECT count(), uniqExact(realm) FROM default.calls',
    'SELECT count(), uniqExact(realm) FROM agent_calls',
    'SELECT count(), uniqExact(realm) FROM (SELECT * FROM agent_calls)',
    'WITH c AS (SELECT * FROM calls) SELECT count(), uniqExact(realm) FROM c',
    'SELECT count(), uniqExact(a.realm) FROM calls AS a JOIN calls AS b ON a.id = b.id',
    'SELECT count(), uniqExact(realm) FROM calls WHERE toInt64(user_email) >= 0',
    'SELECT count(), uniqExact(realm) FROM agent_calls WHERE toInt64(user_email) >= 0',
    'SELECT count(), uniqExact(realm) FROM calls FINAL WHERE toInt64(user_email) >= 0',
    'SELECT count(), uniqExact(realm) FROM calls WHERE user_email IN (SELECT toString(toInt64(user_email)) FROM calls)',
    'SELECT count(), uniqExact(a.realm) FROM calls AS a LEFT JOIN calls AS b ON a.id = b.id AND toInt64(b.user_email) >= 0',
  ])('%s counts one realm only, and no error tells of another', async (sql) => {
    expect((await ask(sql, { token: 'token-prod' })).text).toBe('100\t1\n')
  })

  test('without a realm there are no rows', async () => {
    expect((await ask('SELECT count() FROM calls', { token: 'token-none' })).text).toBe('0\n')
    expect((await ask('SELECT count() FROM agent_sessions', { token: 'token-none' })).text).toBe('0\n')
  })

  test('the catalog, which counts over all realms, is for those who may enter all', async () => {
    const sql = "SELECT name FROM system.tables WHERE database = 'default' AND name = 'calls'"
    expect((await ask(sql, { token: 'token-prod' })).code).toBe('497')
    expect((await ask(sql)).text).toBe('calls\n')
  })
})

describe('payloads', () => {
  test('are a right of their own', async () => {
    const payload = 'SELECT raw FROM payloads'
    expect((await ask(payload)).code).toBe('497')
    expect((await ask(payload, { token: 'token-payloads' })).text).toBe('payload-1\n')
    for (const sql of [
      'SELECT raw FROM dead_letters',
      'SELECT * FROM dead_letters',
      'SELECT d.raw.size FROM dead_letters AS d',
    ]) {
      expect((await ask(sql)).code).toBe('497')
    }
    expect((await ask('SELECT reason, raw_bytes FROM dead_letters')).text).toBe('not JSON\t1\n')
    expect((await ask('SELECT raw FROM dead_letters', { token: 'token-payloads' })).text).toBe('raw-1\n')
  })
})

describe('who asks', () => {
  const sql = 'SELECT 1'
  const bare = async (headers: Record<string, string>, query = ''): Promise<number> =>
    (await fetch(`${port.url}/?${query}`, { method: 'POST', body: sql, headers })).status

  test('is told by a token in any of the ways that clients have', async () => {
    expect(await bare({ 'x-clickhouse-key': 'token-all' })).toBe(200)
    expect(await bare({ authorization: 'Bearer token-all' })).toBe(200)
    expect(await bare({ authorization: `Basic ${Buffer.from('any:token-all').toString('base64')}` })).toBe(200)
    expect(await bare({}, 'user=any&password=token-all')).toBe(200)
  })

  test('nobody else is answered', async () => {
    expect(await bare({})).toBe(401)
    expect(await bare({ 'x-clickhouse-key': 'token-wrong' })).toBe(401)
    expect(await bare({ 'x-agenttrail-scope': '{"realms":"all","hasPayloads":true}' })).toBe(401)
    const refused = await ask(sql, { token: 'token-wrong' })
    expect(refused).toMatchObject({ status: 401, code: '516' })
    expect(refused.text).toContain('AUTHENTICATION_FAILED')
    expect(recorded).toEqual([])
  })

  test('cannot say what it may see', async () => {
    const scope = JSON.stringify({ realms: 'all', hasPayloads: true })
    const { text } = await ask('SELECT count() FROM calls', {
      token: 'token-prod',
      headers: { 'x-agenttrail-scope': scope },
    })
    expect(text).toBe('100\n')
  })

  test('is recorded with the query before it is answered', async () => {
    await ask('SELECT 7')
    expect(recorded).toEqual(['grafana: SELECT 7'])
    const refused = await ask("SELECT 'unrecorded'")
    expect(refused.status).toBe(403)
    expect(refused.text).toContain('the log is full')
  })
})

describe('the interface', () => {
  test('answers pings of anybody', async () => {
    expect(await (await fetch(`${port.url}/ping`)).text()).toBe('Ok.\n')
    expect(await (await fetch(port.url)).text()).toBe('Ok.\n')
  })

  test('knows no other paths or methods, and not where the engine takes its own', async () => {
    for (const path of ['/readers', '/replicas_status', '/play', '/dashboard']) {
      expect((await fetch(`${port.url}${path}`, { method: 'POST', body: 'SELECT 1' })).status).toBe(404)
    }
    expect((await fetch(port.url, { method: 'PUT', body: 'SELECT 1' })).status).toBe(404)
  })

  test('takes the query from the URL, compressed or plain, and compresses the answer if asked', async () => {
    const key = { 'x-clickhouse-key': 'token-all' }
    expect(await (await fetch(`${port.url}/?query=SELECT%201%2B1`, { headers: key })).text()).toBe('2\n')
    const body = gzipSync('SELECT 1+2')
    const packed = await fetch(port.url, { method: 'POST', body, headers: { ...key, 'content-encoding': 'gzip' } })
    expect(await packed.text()).toBe('3\n')
    const { request } = await import('node:http')
    const bytes = await new Promise<Buffer>((resolve, reject) => {
      const asked = request(
        `${port.url}/?enable_http_compression=1&query=SELECT+4`,
        { headers: { ...key, 'accept-encoding': 'gzip' } },
        (answer) => {
          expect(answer.headers['content-encoding']).toBe('gzip')
          const chunks: Buffer[] = []
          answer.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => resolve(Buffer.concat(chunks)))
        },
      )
      asked.on('error', reject).end()
    })
    expect(gunzipSync(bytes).toString()).toBe('4\n')
  })

  test('refuses what it would answer wrongly', async () => {
    expect((await ask('SELECT 1', { params: { compress: '1' } })).status).toBe(400)
    expect((await ask('SELECT 1', { params: { decompress: '1' } })).status).toBe(400)
    expect((await ask('SELECT 1', { headers: { 'content-encoding': 'br' } })).status).toBe(415)
    expect((await ask(`SELECT '${'x'.repeat(2 << 20)}'`)).status).toBe(413)
    const { status, text } = await ask('SELECT 1', { params: { additional_table_filters: '{}' } })
    expect(status).toBe(403)
    expect(text).toContain('additional_table_filters is not taken here')
  })

  test('shows errors as ClickHouse does', async () => {
    const wrong = await ask('SELEC 1')
    expect(wrong).toMatchObject({ status: 400, code: '62' })
    expect(wrong.text).not.toContain('formatQuery')
    expect(await ask('SELECT nothing FROM calls')).toMatchObject({ status: 400, code: '47' })
    expect(await ask('SELECT 1 FROM no_such_table')).toMatchObject({ status: 404, code: '60' })
  })

  test('bounds rows and time, which a reader may lower and not raise', async () => {
    expect((await ask('SELECT * FROM numbers(20)', { params: { max_result_rows: '10' } })).code).toBe('396')
    // Rows are on their way by then: the connection is cut.
    await expect(ask('SELECT * FROM numbers(1100000)')).rejects.toThrow()
    await expect(ask('SELECT * FROM numbers(1100000)', { params: { max_result_rows: '9999999' } })).rejects.toThrow()
    const slow = await ask('SELECT sum(cityHash64(number)) FROM numbers(100000000000)', {
      params: { max_execution_time: '1' },
    })
    expect(['159', '158']).toContain(slow.code)
    expect((await ask("SELECT arrayMap(x -> repeat('x', 1000000), range(100000))")).status).toBeGreaterThanOrEqual(400)
  })

  test('passes on settings of how to write rows', async () => {
    const params = { output_format_json_quote_64bit_integers: '0', default_format: 'JSONEachRow' }
    expect((await ask('SELECT toUInt64(5) AS n', { params })).text).toBe('{"n":5}\n')
    const isoTime = await ask(`SELECT fromUnixTimestamp64Milli(${baseMs}, 'UTC')`, {
      params: { date_time_output_format: 'iso' },
    })
    expect(isoTime.text).toBe('2026-05-04T10:00:00.000Z\n')
  })
})
