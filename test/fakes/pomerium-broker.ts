import { randomBytes } from 'node:crypto'
import {
  type Metadata,
  Server,
  ServerCredentials,
  type ServerWritableStream,
  type ServiceDefinition,
  type StatusObject,
  status,
} from '@grpc/grpc-js'
import { isValidJwt } from './pomerium-jwt.ts'
import { type PomeriumAny, pomeriumMessage, timestamp } from './pomerium-records.ts'

/** A record as the double keeps it. */
export interface PomeriumRecord {
  readonly version: number
  readonly type: string
  readonly id: string
  readonly data: PomeriumAny
  readonly modifiedAt: object
  readonly deletedAt?: object
}

type Callback = (error: Partial<StatusObject> | null, value?: object) => void
type SyncCall = ServerWritableStream<{ serverVersion: unknown; recordVersion: unknown; type: string }, object>

/** Another one after each start, and more than a JavaScript number holds: Pomerium draws it at random from 64 bits. */
const drawServerVersion = (): bigint => randomBytes(8).readBigUInt64BE() | (1n << 63n)

export interface BrokerOptions {
  readonly now: () => number
  readonly sharedSecret: string
  /** Runs after each record that a client put. */
  readonly onPut: (record: PomeriumRecord) => void
  /** Runs before each request is answered. */
  readonly onRequest: () => void
}

/** The databroker's half of a Pomerium: records in memory behind its gRPC service. */
export class PomeriumBroker {
  readonly records = new Map<string, PomeriumRecord>()
  readonly #options: BrokerOptions
  readonly #changes: PomeriumRecord[] = []
  readonly #watchers = new Set<SyncCall>()
  readonly #server = new Server()
  #version = 0
  #serverVersion = drawServerVersion()

  constructor(options: BrokerOptions) {
    this.#options = options
    this.#server.addService(serviceDefinition, {
      get: this.#unary((request: { type: string; id: string }, callback) => {
        const record = this.records.get(keyOf(request))
        callback(record === undefined ? notFound : null, { record })
      }),
      put: this.#unary((request: { records?: PomeriumRecord[] }, callback) =>
        this.#put(request.records ?? [], callback),
      ),
      sync: (call: SyncCall) => this.#sync(call),
      syncLatest: (call: ServerWritableStream<{ type: string }, object>) => {
        if (!this.#admits(call)) return
        for (const record of this.records.values()) if (record.type === call.request.type) call.write({ record })
        const versions = { serverVersion: this.#wireVersion(), latestRecordVersion: this.#version }
        call.write({ versions })
        call.end()
      },
    })
  }

  async start(port = 0): Promise<number> {
    return await new Promise((resolve, reject) => {
      this.#server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      )
    })
  }

  stop(): void {
    this.#server.forceShutdown()
  }

  /** What anybody changes, clients or Pomerium itself; a deletion leaves a tombstone with its data. */
  write(record: Pick<PomeriumRecord, 'type' | 'id' | 'data' | 'deletedAt'>): PomeriumRecord {
    this.#version += 1
    const written = { ...record, version: this.#version, modifiedAt: timestamp(this.#options.now()) }
    if (written.deletedAt) this.records.delete(keyOf(record))
    else this.records.set(keyOf(record), written)
    this.#changes.push(written)
    for (const call of this.#watchers) if (call.request.type === record.type) call.write({ record: written })
    return written
  }

  /** As after a restart: its history is another one, and who follows the old one has to start over. */
  forgetHistory(): void {
    this.#serverVersion = drawServerVersion()
    this.#changes.length = 0
    for (const call of this.#watchers) call.emit('error', aborted)
    this.#watchers.clear()
  }

  #put(records: readonly PomeriumRecord[], callback: Callback): void {
    // A deletion without the data is one that Pomerium cannot tell its caches and watchers of.
    if (records.some(({ data }) => !data?.typeUrl)) {
      callback({ code: status.INVALID_ARGUMENT, details: 'no data' })
      return
    }
    for (const record of records) this.#options.onPut(this.write(record))
    callback(null, { serverVersion: this.#wireVersion() })
  }

  #sync(call: SyncCall): void {
    if (!this.#admits(call)) return
    const { serverVersion, recordVersion, type } = call.request
    if (String(serverVersion) !== String(this.#serverVersion)) {
      call.emit('error', aborted)
      return
    }
    for (const record of this.#changes) {
      if (record.type === type && record.version > Number(recordVersion)) call.write({ record })
    }
    this.#watchers.add(call)
    call.on('cancelled', () => this.#watchers.delete(call))
  }

  #unary<T>(answer: (request: T, callback: Callback) => void) {
    return (call: { request: T; metadata: Metadata }, callback: Callback): void => {
      if (this.#isAdmitted(call.metadata)) answer(call.request, callback)
      else callback(invalidJwt)
    }
  }

  #admits(call: ServerWritableStream<unknown, object>): boolean {
    const isAdmitted = this.#isAdmitted(call.metadata)
    if (!isAdmitted) call.emit('error', invalidJwt)
    return isAdmitted
  }

  #isAdmitted(metadata: Metadata): boolean {
    this.#options.onRequest()
    const key = Buffer.from(this.#options.sharedSecret, 'base64')
    return isValidJwt(String(metadata.get('jwt')[0] ?? ''), { key, nowMs: this.#options.now() })
  }

  #wireVersion(): { low: number; high: number; unsigned: boolean } {
    const low = Number(BigInt.asIntN(32, this.#serverVersion))
    return { low, high: Number(BigInt.asIntN(32, this.#serverVersion >> 32n)), unsigned: true }
  }
}

const keyOf = ({ type, id }: { readonly type: string; readonly id: string }): string => `${type} ${id}`

const notFound = { code: status.NOT_FOUND, details: 'record not found' }
const aborted = { code: status.ABORTED, details: 'invalid record version' }
const invalidJwt = { code: status.UNAUTHENTICATED, details: 'invalid JWT' }

const method = (name: string, answer: string, isStream: boolean) => {
  const request = pomeriumMessage(`${name}Request`)
  const response = pomeriumMessage(answer)
  return {
    path: `/databroker.DataBrokerService/${name}`,
    requestStream: false,
    responseStream: isStream,
    requestSerialize: (value: object) => Buffer.from(request.encode(value).finish()),
    requestDeserialize: (bytes: Buffer) => request.decode(bytes),
    responseSerialize: (value: object) => Buffer.from(response.encode(value).finish()),
    responseDeserialize: (bytes: Buffer) => response.decode(bytes),
  }
}

const serviceDefinition: ServiceDefinition = {
  get: method('Get', 'GetResponse', false),
  put: method('Put', 'PutResponse', false),
  sync: method('Sync', 'SyncResponse', true),
  syncLatest: method('SyncLatest', 'SyncLatestResponse', true),
}
