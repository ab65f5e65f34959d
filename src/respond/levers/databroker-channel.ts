import {
  Client,
  type ClientReadableStream,
  credentials,
  status as grpcStatus,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js'
import { SignJWT } from 'jose'
import { AgenttrailError } from '../../errors.ts'
import { databrokerMessage } from './databroker-messages.ts'
import type { DatabrokerRecord, Version } from './databroker-records.ts'

/** Where the databroker is, and what it asks for. */
export interface DatabrokerDeps {
  /** `http://host:port` is without TLS, as Pomerium serves it by default. */
  readonly url: string
  /** Pomerium's `shared_secret`, in base64. */
  readonly sharedSecret: string
  readonly now: () => number
}

/** What an answer may hold, of whichever method. */
export interface Answer {
  readonly record?: DatabrokerRecord | null
  readonly versions?: { readonly serverVersion: Version; readonly latestRecordVersion: Version } | null
}

/** Calls the databroker's methods. Rejects with the library's errors; `failure` translates them. */
export interface DatabrokerChannel {
  readonly unary: (method: keyof typeof methods, message: object, signal?: AbortSignal) => Promise<Answer>
  /** Resolves when the databroker has sent all. */
  readonly stream: (method: keyof typeof methods, message: object, options: StreamOptions) => Promise<void>
  readonly close: () => void
}

interface StreamOptions {
  readonly signal: AbortSignal
  readonly onAnswer: (answer: Answer) => void
}

/** Nothing here takes longer than milliseconds; who does not answer in this time is away. */
export const callTimeoutMs = 5_000
/** A token is made for one call. */
const tokenSeconds = 60
/** A listing holds every session of a company, each in a message of its own. */
const messageBytesMax = 16 << 20

export const createDatabrokerChannel = ({ url, sharedSecret, now }: DatabrokerDeps): DatabrokerChannel => {
  const { protocol, host } = new URL(url)
  const security = protocol === 'https:' ? credentials.createSsl() : credentials.createInsecure()
  const client = new Client(host, security, {
    'grpc.max_receive_message_length': messageBytesMax,
    // The library would wait for up to two minutes after a databroker came back.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
  })
  const key = Buffer.from(sharedSecret, 'base64')
  const metadata = async (): Promise<Metadata> => {
    const made = new Metadata()
    made.set('jwt', await signedToken(key, now()))
    return made
  }

  return {
    unary: async (method, message, signal) => {
      const { path, encode, decode } = methods[method]
      const meta = await metadata()
      const deadline = Date.now() + callTimeoutMs
      return new Promise((resolve, reject) => {
        const call = client.makeUnaryRequest(path, encode, decode, message, meta, { deadline }, (error, answer) =>
          error === null ? resolve(answer ?? {}) : reject(error),
        )
        endWith(signal, () => call.cancel())
      })
    },

    stream: async (method, message, { signal, onAnswer }) => {
      const { path, encode, decode } = methods[method]
      const meta = await metadata()
      return new Promise((resolve, reject) => {
        const call: ClientReadableStream<Answer> = client.makeServerStreamRequest(path, encode, decode, message, meta)
        const forget = endWith(signal, () => call.cancel())
        call.on('data', onAnswer)
        call.on('error', (error) => {
          forget()
          reject(error)
        })
        call.on('end', () => {
          forget()
          resolve()
        })
      })
    },

    close: () => client.close(),
  }
}

/** Pomerium takes a token that says when it ends, and none that says more. */
const signedToken = (key: Uint8Array, nowMs: number): Promise<string> =>
  new SignJWT({})
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setExpirationTime(Math.floor(nowMs / 1000) + tokenSeconds)
    .sign(key)

const endWith = (signal: AbortSignal | undefined, end: () => void): (() => void) => {
  signal?.addEventListener('abort', end, { once: true })
  if (signal?.aborted === true) end()
  return () => signal?.removeEventListener('abort', end)
}

const methodOf = (name: string, messages: { readonly request: Name; readonly response: Name }) => {
  const request = databrokerMessage(messages.request)
  const response = databrokerMessage(messages.response)
  return {
    path: `/databroker.DataBrokerService/${name}`,
    encode: (value: object) => Buffer.from(request.encode(value).finish()),
    decode: (bytes: Buffer) => response.decode(bytes) as unknown as Answer,
  }
}

type Name = Parameters<typeof databrokerMessage>[0]

const methods = {
  get: methodOf('Get', { request: 'GetRequest', response: 'GetResponse' }),
  put: methodOf('Put', { request: 'PutRequest', response: 'PutResponse' }),
  sync: methodOf('Sync', { request: 'SyncRequest', response: 'SyncResponse' }),
  syncLatest: methodOf('SyncLatest', { request: 'SyncLatestRequest', response: 'SyncLatestResponse' }),
}

/** gRPC's status of what a call was rejected with. */
export const codeOf = (error: unknown): number => (error as Partial<ServiceError>).code ?? grpcStatus.UNKNOWN

const refusals: ReadonlySet<number> = new Set([
  grpcStatus.UNAUTHENTICATED,
  grpcStatus.PERMISSION_DENIED,
  grpcStatus.INVALID_ARGUMENT,
  grpcStatus.UNIMPLEMENTED,
])

/** What a call was rejected with, as one of ours. */
export const failure = (cause: unknown): AgenttrailError => {
  const details = (cause as Partial<ServiceError>).details ?? String(cause)
  return refusals.has(codeOf(cause))
    ? new AgenttrailError('AGT_LEVER_REFUSED', `Pomerium's databroker refuses: ${details}`, { cause })
    : new AgenttrailError('AGT_LEVER_UNAVAILABLE', `Pomerium's databroker cannot be asked now: ${details}`, { cause })
}
