import { Agent } from 'node:http'
import { type Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ClickHouseError, ClickHouseLogLevel, type ClickHouseSettings, createClient } from '@clickhouse/client'
import { AgenttrailError } from '../errors.ts'

export type StoreAddress = { readonly socketPath: string } | { readonly url: string }

export type QueryParams = Readonly<Record<string, string | number | boolean | readonly string[] | readonly number[]>>

/**
 * The one way to the store, embedded or server. Every method rejects with `AGT_STORE_UNAVAILABLE` (try again; whether
 * the statement was done is unknown) or `AGT_STORE_REFUSED` (the statement is at fault).
 */
export interface StoreClient {
  /** Rows as objects. Integers come as numbers, times as `YYYY-MM-DD hh:mm:ss.ffffff`. */
  readonly query: <T>(sql: string, params?: QueryParams) => Promise<T[]>
  /** The same, with what it cost. */
  readonly queryMeasured: <T>(
    sql: string,
    params: QueryParams,
  ) => Promise<{ readonly rows: T[]; readonly rowsRead: number; readonly seconds: number }>
  readonly command: (sql: string, params?: QueryParams) => Promise<void>
  /** An insert whose data is the stream. */
  readonly insertStream: (sql: string, data: Readable) => Promise<void>
  readonly ping: () => Promise<void>
  readonly close: () => Promise<void>
}

const requestTimeoutMs = 120_000
const connectionsMax = 12

const settings: ClickHouseSettings = {
  output_format_json_quote_64bit_integers: 0,
  date_time_output_format: 'simple',
}

export const createStoreClient = (address: StoreAddress): StoreClient => {
  const client = createClient({
    ...('url' in address
      ? { url: address.url }
      : { url: 'http://localhost', http_agent: socketAgent(address.socketPath) }),
    application: 'agenttrail',
    request_timeout: requestTimeoutMs,
    max_open_connections: connectionsMax,
    // The caller logs what it does about an error.
    log: { level: ClickHouseLogLevel.OFF },
  })
  return {
    query: (sql, params = {}) =>
      translated(async () => {
        const result = await client.query({
          query: sql,
          query_params: params,
          format: 'JSONEachRow',
          clickhouse_settings: settings,
        })
        return result.json()
      }),
    queryMeasured: <T>(sql: string, params: QueryParams) =>
      translated(async () => {
        const result = await client.query({
          query: sql,
          query_params: params,
          format: 'JSON',
          clickhouse_settings: settings,
        })
        const { data, statistics } = await result.json<T>()
        return { rows: data, rowsRead: statistics?.rows_read ?? 0, seconds: statistics?.elapsed ?? 0 }
      }),
    command: (sql, params = {}) =>
      translated(async () => void (await client.command({ query: sql, query_params: params }))),
    insertStream: (sql, data) =>
      translated(async () => {
        const { stream } = await client.exec({ query: sql, values: data })
        await pipeline(stream, discard())
      }),
    ping: () =>
      translated(async () => {
        const answer = await client.ping()
        if (!answer.success) throw answer.error
      }),
    close: () => client.close(),
  }
}

/** `socketPath` is passed on to each connection; the type of an agent's own options leaves it out. */
const socketAgent = (socketPath: string): Agent => {
  const options = { socketPath, keepAlive: true, maxSockets: connectionsMax }
  return new Agent(options)
}

const discard = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() })

const translated = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    throw storeError(error)
  }
}

/**
 * Errors of the engine that pass by themselves: timeouts, too many queries, memory, network, too many parts, read-only
 * or missing replicas, a full disk, cancelled queries, and the facade's own for anything without a number.
 */
const passing = new Set([
  '159',
  '160',
  '202',
  '209',
  '210',
  '241',
  '242',
  '243',
  '252',
  '319',
  '394',
  '425',
  '999',
  '1001',
  '1002',
])

const storeError = (error: unknown): AgenttrailError => {
  const message = error instanceof Error ? error.message : String(error)
  // Without the engine's own number the connection failed, or what sits in front of the server answered.
  const isRefused = error instanceof ClickHouseError && !passing.has(error.code)
  return new AgenttrailError(isRefused ? 'AGT_STORE_REFUSED' : 'AGT_STORE_UNAVAILABLE', message, { cause: error })
}
