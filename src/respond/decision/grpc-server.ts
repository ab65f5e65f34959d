import {
  type Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type StatusObject,
  status,
  type UntypedHandleCall,
} from '@grpc/grpc-js'
import type { Decide, Verdict } from './decide.ts'
import { type DecisionRequest, emptyRequest } from './decision-request.ts'
import { denialMessage, denialReason, denialText } from './denial-text.ts'
import { messageType } from './grpc-messages.ts'
import { type EnvoyCheck, type McpCheck, readEnvoyCheck, readMcpCheck } from './read-check.ts'

/** Called for each request that a revocation was found for, and each that was denied. */
export type OnDecided = (request: DecisionRequest, verdict: Verdict) => void

export interface DecisionServerDeps {
  readonly decide: Decide
  readonly onDecided: OnDecided
  /** Whether a request with this metadata may ask about this realm; everybody may where there is none. */
  readonly admit?: ((metadata: Readonly<Record<string, string>>, realm: string) => Promise<boolean>) | undefined
  readonly address: { readonly host: string; readonly port: number }
}

export interface DecisionServer {
  /** Resolves with the port; rejects where something else listens there. */
  readonly start: () => Promise<number>
  readonly stop: () => Promise<void>
}

/** The decision service over gRPC: Envoy's `ext_authz` and agentgateway's ExtMcp. Without TLS. */
export const createDecisionServer = ({ decide, onDecided, admit, address }: DecisionServerDeps): DecisionServer => {
  const server = new Server({ 'grpc.max_receive_message_length': messageBytesMax })
  const decided = (request: DecisionRequest): Verdict => {
    const verdict = decide(request)
    if (!verdict.isAllowed || verdict.revocation !== null) onDecided(request, verdict)
    return verdict
  }
  server.addService(authorization, {
    check: unary({
      read: (check) => readEnvoyCheck(check as EnvoyCheck),
      answer: (request) => {
        const verdict = decided(request)
        return verdict.isAllowed ? envoyOk : envoyDenial(request, verdict)
      },
      admit,
    }),
  })
  server.addService(extMcp, {
    checkRequest: unary({
      read: (check) => readMcpCheck(check as McpCheck),
      answer: (request) => {
        const verdict = decided(request)
        return verdict.isAllowed ? pass : { error: { code: permissionDenied, reason: denialText(verdict) } }
      },
      admit,
    }),
    // What an agent gets to see was decided when it asked.
    checkResponse: unary({ read: () => emptyRequest, answer: () => pass }),
  })
  return {
    start: () =>
      new Promise((resolve, reject) => {
        const host = address.host.includes(':') ? `[${address.host}]` : address.host
        server.bindAsync(`${host}:${address.port}`, ServerCredentials.createInsecure(), (error, port) =>
          error === null ? resolve(port) : reject(error),
        )
      }),
    stop: () =>
      new Promise((resolve) => {
        // Envoy keeps its connection: what is under way is a matter of microseconds.
        const timer = setTimeout(() => server.forceShutdown(), stopWaitMs)
        server.tryShutdown(() => {
          clearTimeout(timer)
          resolve()
        })
      }),
  }
}

const messageBytesMax = 4 << 20
const stopWaitMs = 200
const permissionDenied = 1
const grpcPermissionDenied = 7

const pass = { pass: {} }
const envoyOk = { status: { code: 0 }, okResponse: {} }

const envoyDenial = (request: DecisionRequest, verdict: Verdict): object => ({
  status: { code: grpcPermissionDenied, message: denialReason(verdict) },
  deniedResponse: {
    status: { code: verdict.why === 'starting' ? 503 : 403 },
    headers: [{ header: { key: 'content-type', value: 'application/json' } }],
    body: JSON.stringify(denialMessage(verdict, request.jsonrpcId)),
  },
  dynamicMetadata: {
    fields: {
      why: { stringValue: verdict.why },
      action: { stringValue: verdict.revocation?.actionId ?? '' },
    },
  },
})

interface Unary {
  readonly read: (message: unknown) => DecisionRequest
  readonly answer: (request: DecisionRequest) => object
  readonly admit?: DecisionServerDeps['admit']
}

type Callback = (error: Partial<StatusObject> | null, value?: object) => void

const unary =
  ({ read, answer, admit }: Unary): UntypedHandleCall =>
  (call: { readonly request?: unknown; readonly metadata: Metadata }, callback: Callback) => {
    const request = read(call.request)
    if (admit === undefined) {
      callback(null, answer(request))
      return
    }
    admit(textsOf(call.metadata), request.realm).then(
      (isAdmitted) => (isAdmitted ? callback(null, answer(request)) : callback(notAdmitted)),
      () => callback({ code: status.UNAVAILABLE, details: 'Who asks cannot be checked now.' }),
    )
  }

const textsOf = (metadata: Metadata): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(metadata.getMap()).map(([name, value]) => [name, value.toString()]))

const notAdmitted = {
  code: status.UNAUTHENTICATED,
  details: 'Send the metadata x-agenttrail-token with a token of the role ingest that may enter this realm.',
}

const method = (path: string, names: { readonly request: Name; readonly response: Name }) => {
  const request = messageType(names.request)
  const response = messageType(names.response)
  return {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: (value: object) => Buffer.from(request.encode(value).finish()),
    requestDeserialize: (bytes: Buffer) => request.decode(bytes),
    responseSerialize: (value: object) => Buffer.from(response.encode(value).finish()),
    responseDeserialize: (bytes: Buffer) => response.decode(bytes),
  } as const
}

type Name = Parameters<typeof messageType>[0]

const authorization: ServiceDefinition = {
  check: method('/envoy.service.auth.v3.Authorization/Check', { request: 'CheckRequest', response: 'CheckResponse' }),
}

const extMcp: ServiceDefinition = {
  checkRequest: method('/agentgateway.dev.ext_mcp.ExtMcp/CheckRequest', {
    request: 'McpRequest',
    response: 'McpResult',
  }),
  checkResponse: method('/agentgateway.dev.ext_mcp.ExtMcp/CheckResponse', {
    request: 'McpResponse',
    response: 'McpResult',
  }),
}
