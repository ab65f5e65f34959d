import type { AddressInfo } from 'node:net'
import { Client, credentials, type ServiceError } from '@grpc/grpc-js'
import fastify, { type FastifyInstance } from 'fastify'
import protobuf from 'protobufjs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Directory } from '../../src/correlate/directory.ts'
import { createSealToken } from '../../src/event/seal.ts'
import { createDecide, type Verdict } from '../../src/respond/decision/decide.ts'
import { decideRoutes } from '../../src/respond/decision/decide-routes.ts'
import type { DecisionRequest } from '../../src/respond/decision/decision-request.ts'
import { createDecisionServer, type DecisionServer } from '../../src/respond/decision/grpc-server.ts'
import { Revocations } from '../../src/respond/revocations.ts'
import { makeRevocation } from '../fakes/revocations.ts'

/*
Goal: every way of asking the decision service knows the same revocations and answers as its gateway understands.
Method: real clients over real connections. The gRPC clients are made from the protocols' own text (the parts that are
sent here, with what the service skips), so that field numbers are checked against it and not against the service's.
*/
const protocols = protobuf.parse(
  `syntax = "proto3";
  message Value { oneof kind { int32 null_value = 1; double number_value = 2; string string_value = 3; bool bool_value = 4; Struct struct_value = 5; } }
  message Struct { map<string, Value> fields = 1; }
  message Metadata { map<string, Struct> filter_metadata = 1; }
  message SocketAddress { int32 protocol = 1; string address = 2; uint32 port_value = 3; }
  message Address { oneof address { SocketAddress socket_address = 1; } }
  message Peer { Address address = 1; string service = 2; map<string, string> labels = 3; string principal = 4; string certificate = 5; }
  message Timestamp { int64 seconds = 1; int32 nanos = 2; }
  message HttpRequest { string id = 1; string method = 2; map<string, string> headers = 3; string path = 4; string host = 5; string scheme = 6; string query = 7; string fragment = 8; int64 size = 9; string protocol = 10; string body = 11; bytes raw_body = 12; }
  message Request { Timestamp time = 1; HttpRequest http = 2; }
  message AttributeContext { Peer source = 1; Peer destination = 2; Request request = 4; map<string, string> context_extensions = 10; Metadata metadata_context = 11; }
  message CheckRequest { AttributeContext attributes = 1; }
  message Status { int32 code = 1; string message = 2; }
  message HttpStatus { int32 code = 1; }
  message HeaderValue { string key = 1; string value = 2; }
  message HeaderValueOption { HeaderValue header = 1; }
  message DeniedHttpResponse { HttpStatus status = 1; repeated HeaderValueOption headers = 2; string body = 3; }
  message OkHttpResponse { repeated HeaderValueOption headers = 2; }
  message CheckResponse { Status status = 1; oneof http_response { DeniedHttpResponse denied_response = 2; OkHttpResponse ok_response = 3; } Struct dynamic_metadata = 4; }
  message McpHeader { string key = 1; bytes value = 2; }
  message McpRequest { repeated string service_names = 1; string method = 2; Struct metadata_context = 3; optional bytes mcp_request = 4; repeated McpHeader headers = 5; }
  message OldMcpRequest { string service_name = 1; string method = 2; Struct metadata_context = 3; Struct mcp_request = 4; }
  message McpResponse { repeated string service_names = 1; string method = 2; Struct metadata_context = 3; bytes mcp_response = 4; }
  message Pass {}
  message AuthorizationError { enum Code { UNKNOWN = 0; PERMISSION_DENIED = 1; RESOURCE_EXHAUSTED = 2; INVALID = 3; } Code code = 1; string reason = 2; }
  message McpResult { oneof result { Pass pass = 1; bytes mutated = 2; AuthorizationError error = 3; } }`,
).root

const sealToken = createSealToken({ key: Buffer.alloc(32, 7), keyId: 'test' })
const directory = new Directory({ agents: [{ id: 'triage-bot', name: '', identities: ['c7', 'agent-7'] }] })
const nowMs = 1_000_000

interface Asked {
  readonly sessionId?: string
  readonly tool?: string
}

/** How one gateway asks: what it makes of the answer, and whether it can say which tool is meant. */
type Ask = (asked: Asked) => Promise<'allowed' | 'denied'>

let api: FastifyInstance
let grpc: DecisionServer
let client: Client
let url: string
let revocations: Revocations
let decided: { request: DecisionRequest; verdict: Verdict }[]

const start = async (options: { failure?: 'open' | 'closed'; isEnforcing?: boolean; isReady?: boolean } = {}) => {
  revocations = new Revocations()
  if (options.isReady !== false) revocations.load([])
  decided = []
  const { failure = 'open', isEnforcing = true } = options
  const decide = createDecide({ revocations, directory, sealToken, now: () => nowMs, failure, isEnforcing })
  const routes = {
    decide,
    onDecided: (request: DecisionRequest, verdict: Verdict) => {
      decided.push({ request, verdict })
    },
  }
  api = fastify()
  await api.register(decideRoutes, routes)
  await api.listen({ host: '127.0.0.1', port: 0 })
  url = `http://127.0.0.1:${(api.server.address() as AddressInfo).port}`
  grpc = createDecisionServer({ ...routes, address: { host: '127.0.0.1', port: 0 } })
  client = new Client(`127.0.0.1:${await grpc.start()}`, credentials.createInsecure())
}

const stop = async () => {
  client.close()
  await grpc.stop()
  await api.close()
}

beforeEach(() => start())
afterEach(stop)

/** The path without `as`, then the messages. */
const call = (path: string, [request, response]: readonly [string, string], value: object): Promise<object> => {
  const type = protocols.lookupType(request)
  const answer = protocols.lookupType(response)
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      path,
      (message: object) => Buffer.from(type.encode(type.fromObject(message)).finish()),
      (bytes) => answer.toObject(answer.decode(bytes), { oneofs: true }),
      value,
      (error: ServiceError | null, result?: object) => (error === null ? resolve(result ?? {}) : reject(error)),
    )
  })
}

const rpcMessage = ({ tool = 'search' }: Asked): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: tool, arguments: {} } })

const headersOf = ({ sessionId }: Asked): Record<string, string> =>
  sessionId === undefined ? {} : { 'mcp-session-id': sessionId }

const envoyGrpc = (asked: Asked, http: object = {}) =>
  call('/envoy.service.auth.v3.Authorization/Check', ['CheckRequest', 'CheckResponse'], {
    attributes: {
      source: { address: { socketAddress: { address: '10.0.0.1', portValue: 5 } }, service: 's', labels: { a: 'b' } },
      request: {
        time: { seconds: 1 },
        http: {
          method: 'POST',
          path: '/mcp?x=y',
          host: 'mcp.example',
          headers: headersOf(asked),
          body: rpcMessage(asked),
          ...http,
        },
      },
      contextExtensions: { server: 'github' },
      metadataContext: { filterMetadata: { other: { fields: { a: { stringValue: 'b' } } } } },
    },
  })

const extMcp = (message: string, value: object) =>
  call('/agentgateway.dev.ext_mcp.ExtMcp/CheckRequest', [message, 'McpResult'], value)

const post = (path: string, asked: Asked, headers: Record<string, string> = {}) =>
  fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headersOf(asked), ...headers },
    body: rpcMessage(asked),
  })

const ways: readonly (readonly [string, Ask])[] = [
  [
    'Envoy ext_authz over gRPC',
    async (asked) =>
      ((await envoyGrpc(asked)) as { httpResponse: string }).httpResponse === 'okResponse' ? 'allowed' : 'denied',
  ],
  [
    'Envoy ext_authz over HTTP',
    async (asked) => ((await post('/decide/envoy/mcp', asked)).status === 200 ? 'allowed' : 'denied'),
  ],
  [
    'agentgateway ExtMcp',
    async ({ tool = 'search', ...asked }) => {
      const headers = Object.entries(headersOf(asked)).map(([key, value]) => ({ key, value: Buffer.from(value) }))
      const mcpRequest = Buffer.from(JSON.stringify({ name: tool, arguments: {} }))
      const result = await extMcp('McpRequest', { serviceNames: ['github'], method: 'tools/call', mcpRequest, headers })
      return (result as { result: string }).result === 'pass' ? 'allowed' : 'denied'
    },
  ],
  [
    "agentgateway ExtMcp's older version, with metadata",
    async ({ tool = 'search', sessionId = '' }) => {
      const text = (value: string) => ({ stringValue: value })
      const result = await extMcp('OldMcpRequest', {
        serviceName: 'github',
        method: 'tools/call',
        metadataContext: { fields: { mcp_session_id: text(sessionId) } },
        mcpRequest: { fields: { name: text(tool) } },
      })
      return (result as { result: string }).result === 'pass' ? 'allowed' : 'denied'
    },
  ],
  ['a webhook', async (asked) => ((await post('/decide', asked)).status === 200 ? 'allowed' : 'denied')],
  [
    "Docker's interceptor",
    async (asked) => {
      const response = await post('/decide/docker', asked)
      expect(response.status).toBe(200)
      return (await response.text()) === '' ? 'allowed' : 'denied'
    },
  ],
]

describe.each(ways)('%s', (_name, ask) => {
  it('cuts off one MCP session and no other, from one request to the next', async () => {
    expect(await ask({ sessionId: 'mcp-1' })).toBe('allowed')
    revocations.add(makeRevocation({ keys: [`mcp:${sealToken('mcp-1')}`] }), nowMs)
    expect(await ask({ sessionId: 'mcp-1' })).toBe('denied')
    expect(await ask({ sessionId: 'mcp-2' })).toBe('allowed')
    revocations.remove('a-1')
    expect(await ask({ sessionId: 'mcp-1' })).toBe('allowed')
  })

  it('knows revoked tools', async () => {
    revocations.add(makeRevocation({ keys: ['tool:delete_repository'] }), nowMs)
    expect(await ask({ tool: 'delete_repository' })).toBe('denied')
    expect(await ask({ tool: 'search' })).toBe('allowed')
  })

  it('denies nothing after the end of a revocation', async () => {
    revocations.add(makeRevocation({ keys: [`mcp:${sealToken('mcp-1')}`], expiresAtMs: nowMs }), nowMs)
    expect(await ask({ sessionId: 'mcp-1' })).toBe('allowed')
  })

  it('lets pass in dry run, and tells', async () => {
    await stop()
    await start({ isEnforcing: false })
    revocations.add(makeRevocation({ keys: [`mcp:${sealToken('mcp-1')}`] }), nowMs)
    expect(await ask({ sessionId: 'mcp-1' })).toBe('allowed')
    expect(decided.map(({ verdict }) => verdict.why)).toEqual(['revoked'])
  })

  it.each([
    ['open', 'allowed'],
    ['closed', 'denied'],
  ] as const)('while starting fails %s', async (failure, answer) => {
    await stop()
    await start({ failure, isReady: false })
    expect(await ask({ sessionId: 'mcp-1' })).toBe(answer)
    revocations.load([])
    expect(await ask({ sessionId: 'mcp-1' })).toBe('allowed')
  })

  it('tells who was denied and why', async () => {
    revocations.add(makeRevocation({ keys: [`mcp:${sealToken('mcp-1')}`] }), nowMs)
    await ask({ sessionId: 'mcp-1', tool: 'search' })
    await ask({ sessionId: 'mcp-2' })
    expect(decided).toHaveLength(1)
    expect(decided[0]?.request).toMatchObject({ realm: 'default', mcpSessionId: 'mcp-1', tool: 'search' })
    expect(decided[0]?.verdict.revocation?.actionId).toBe('a-1')
  })
})

describe('what Envoy is told', () => {
  it('over gRPC: 403 with a JSON-RPC error for the client, the reason for its own log', async () => {
    revocations.add(makeRevocation({ keys: [`mcp:${sealToken('mcp-1')}`], reason: 'ten denies' }), nowMs)
    const answer = (await envoyGrpc({ sessionId: 'mcp-1' })) as {
      status: { code: number; message: string }
      deniedResponse: { status: { code: number }; body: string }
    }
    expect(answer).toMatchObject({
      status: { code: 7, message: 'revoked: revoke by rule:r1: ten denies' },
      deniedResponse: { status: { code: 403 } },
      dynamicMetadata: { fields: { action: { stringValue: 'a-1' } } },
    })
    const body = JSON.parse(answer.deniedResponse.body)
    expect(body).toMatchObject({ jsonrpc: '2.0', id: 7, error: { code: -32001 } })
    expect(body.error.message).toContain('a-1')
    expect(body.error.message).not.toContain('ten denies')
    expect(decided[0]?.request).toMatchObject({ clientAddress: '10.0.0.1', path: '/mcp', server: 'github' })
  })

  it('over HTTP for any method, and a body that is none changes nothing', async () => {
    revocations.add(makeRevocation({ keys: [`mcp:${sealToken('mcp-1')}`] }), nowMs)
    const headers = { 'mcp-session-id': 'mcp-1', 'content-type': 'application/json' }
    for (const init of [{ method: 'GET' }, { method: 'DELETE' }, { method: 'POST', body: '{"cut' }]) {
      const response = await fetch(`${url}/decide/envoy/mcp?a=b`, { ...init, headers })
      expect([init.method, response.status]).toEqual([init.method, 403])
    }
    expect(decided[0]?.request).toMatchObject({ path: '/mcp', httpMethod: 'GET' })
  })
})

describe('who a request is of', () => {
  const jwt = (claims: object): string =>
    ['{"alg":"none"}', JSON.stringify(claims), 'signature']
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.')

  it.each([
    ['the user of a token', 'user:u1', { authorization: `Bearer ${jwt({ sub: 'u1' })}` }],
    [
      'the client and user of a token',
      'agent:client:c1/u1',
      { authorization: `Bearer ${jwt({ sub: 'u1', azp: 'c1' })}` },
    ],
    ['the login of Pomerium’s assertion', 'login:l1', { 'x-pomerium-jwt-assertion': jwt({ sid: 'l1' }) }],
    [
      'the service account of Pomerium’s assertion',
      'agent:service:l1',
      { 'x-pomerium-jwt-assertion': jwt({ sid: 'l1' }) },
    ],
    ['an address of Pomerium’s headers', 'user:mira@acme.test', { 'x-pomerium-claim-email': 'mira@acme.test' }],
    ['the user that Obot names', 'user:42', { 'x-obot-user-id': '42' }],
    [
      'the client of an agent that the configuration names',
      'agent:triage-bot',
      { authorization: `Bearer ${jwt({ azp: 'c7' })}` },
    ],
    ['an agent id that the configuration names otherwise', 'agent:triage-bot', { 'x-agent-id': 'agent-7' }],
    ['an agent id', 'agent:agent-1', { 'x-agent-id': 'agent-1' }],
    ['the session that an agent states', 'explicit:s 1', { baggage: 'a=b, session.id=s%201;p=1' }],
    ['a credential', `credential:${sealToken('token-1')}`, { authorization: 'Bearer token-1' }],
  ])('is told by %s', async (_by, key, headers) => {
    revocations.add(makeRevocation({ keys: [key] }), nowMs)
    expect((await post('/decide', {}, headers)).status).toBe(403)
    expect((await post('/decide', {})).status).toBe(200)
  })

  it('is not told otherwise by a header that the client adds', async () => {
    revocations.add(makeRevocation({ keys: ['user:u1'] }), nowMs)
    const headers = { authorization: `Bearer ${jwt({ sub: 'u1' })}`, 'x-obot-user-id': 'somebody else' }
    expect((await post('/decide', {}, headers)).status).toBe(403)
  })

  it('is of one realm', async () => {
    revocations.add(makeRevocation({ realm: 'prod', keys: [`mcp:${sealToken('mcp-1')}`] }), nowMs)
    expect((await post('/decide', { sessionId: 'mcp-1' })).status).toBe(200)
    expect((await post('/decide?realm=prod', { sessionId: 'mcp-1' })).status).toBe(403)
  })
})
