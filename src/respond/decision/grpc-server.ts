import { Server, ServerCredentials, type ServiceDefinition, type UntypedHandleCall } from '@grpc/grpc-js'
import type { Decide, Verdict } from './decide.ts'
import type { DecisionRequest } from './decision-request.ts'
import { denialMessage, denialReason, denialText } from './denial-text.ts'
import { messageType } from './grpc-messages.ts'
import { type EnvoyCheck, type McpCheck, readEnvoyCheck, readMcpCheck } from './read-check.ts'

/** Called for each request that a revocation was found for, and each that was denied. */
export type OnDecided = (request: DecisionRequest, verdict: Verdict) => void

export interface DecisionServerDeps {
  readonly decide: Decide
  readonly onDecided: OnDecided
  readonly address: { readonly host: string; readonly port: number }
}

export interface DecisionServer {
  /** Resolves with the port; rejects where something else listens there. */
  readonly start: () => Promise<number>
  readonly stop: () => Promise<void>
}

/** The decision service over gRPC: Envoy's `ext_authz` and agentgateway's ExtMcp. Without TLS, so for this machine only. */
export const createDecisionServer = ({ decide, onDecided, address }: DecisionServerDeps): DecisionServer => {
  const server = new Server({ 'grpc.max_receive_message_length': messageBytesMax })
  const decided = (request: DecisionRequest): Verdict => {
    const verdict = decide(request)
    if (!verdict.isAllowed || verdict.revocation !== null) onDecided(request, verdict)
    return verdict
  }
  server.addService(authorization, {
    check: unary((check) => {
      const request = readEnvoyCheck(check as EnvoyCheck)
      const verdict = decided(request)
      return verdict.isAllowed ? envoyOk : envoyDenial(request, verdict)
    }),
  })
  server.addService(extMcp, {
    checkRequest: unary((check) => {
      const verdict = decided(readMcpCheck(check as McpCheck))
      return verdict.isAllowed ? pass : { error: { code: permissionDenied, reason: denialText(verdict) } }
    }),
    // What an agent gets to see was decided when it asked.
    checkResponse: unary(() => pass),
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

const unary =
  (answer: (request: unknown) => object): UntypedHandleCall =>
  (call: { readonly request?: unknown }, callback: (error: null, value: object) => void) =>
    callback(null, answer(call.request))

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
