import type { AddressInfo } from 'node:net'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import fastify from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Directory } from '../../src/correlate/directory.ts'
import { createSealToken } from '../../src/event/seal.ts'
import { createDecide } from '../../src/respond/decision/decide.ts'
import { decideRoutes } from '../../src/respond/decision/decide-routes.ts'
import { createDecisionServer } from '../../src/respond/decision/grpc-server.ts'
import { Revocations } from '../../src/respond/revocations.ts'
import { type Asking, isEnvoyMissing, startEnvoy } from '../fakes/envoy.ts'
import { startMcpServer } from '../fakes/mcp-server.ts'
import { makeRevocation } from '../fakes/revocations.ts'

/*
Goal: behind a real Envoy that asks the decision service, an agent is cut off in the middle of its session, and others are not.
Method: MCP's own client and server with Envoy between them, which asks over gRPC or over HTTP before each request.
*/
const sealToken = createSealToken({ key: Buffer.alloc(32, 7), keyId: 'test' })

const startDecisions = async () => {
  const revocations = new Revocations()
  revocations.load([])
  const denied: string[] = []
  const decide = createDecide({
    revocations,
    directory: new Directory({}),
    sealToken,
    now: Date.now,
    failure: 'open',
    isEnforcing: true,
  })
  const routes = { decide, onDecided: ({ tool }: { tool: string }) => void denied.push(tool) }
  const grpc = createDecisionServer({ ...routes, address: { host: '127.0.0.1', port: 0 } })
  const http = fastify()
  await http.register(decideRoutes, routes)
  await http.listen({ host: '127.0.0.1', port: 0 })
  return {
    revocations,
    denied,
    grpcPort: await grpc.start(),
    httpPort: (http.server.address() as AddressInfo).port,
    stop: async () => {
      await grpc.stop()
      await http.close()
    },
  }
}

const connectAgent = async (url: string) => {
  const client = new Client({ name: 'agent', version: '1.0.0' })
  const transport = new StreamableHTTPClientTransport(new URL(url))
  await client.connect(transport as Parameters<Client['connect']>[0])
  return {
    sessionId: transport.sessionId ?? '',
    note: (text: string) => client.callTool({ name: 'add_note', arguments: { text } }),
    close: () => client.close(),
  }
}

let decisions: Awaited<ReturnType<typeof startDecisions>>
let mcp: Awaited<ReturnType<typeof startMcpServer>>

const askings: readonly (readonly [string, () => Asking])[] = [
  ['gRPC', () => ({ grpcPort: decisions.grpcPort })],
  ['HTTP', () => ({ httpPort: decisions.httpPort })],
]

describe.skipIf(isEnvoyMissing()).each(askings)('Envoy asking over %s', (_name, asking) => {
  let envoy: Awaited<ReturnType<typeof startEnvoy>>

  beforeEach(async () => {
    decisions = await startDecisions()
    mcp = await startMcpServer()
    envoy = await startEnvoy(asking(), mcp.port)
  }, 30_000)

  afterEach(async () => {
    await envoy.stop()
    await mcp.stop()
    await decisions.stop()
  })

  it('cuts an agent off in the middle of its session, and lets it go on when it is restored', async () => {
    const [hijacked, other] = [await connectAgent(envoy.url), await connectAgent(envoy.url)]
    await hijacked.note('1')
    await other.note('2')

    const keys = [`mcp:${sealToken(hijacked.sessionId)}`]
    decisions.revocations.add(makeRevocation({ keys, reason: 'Burst of denied calls' }), Date.now())
    await expect(hijacked.note('3')).rejects.toThrow(/Access was revoked \(action a-1\)/)
    await other.note('4')
    expect(mcp.calls).toEqual(['1', '2', '4'])
    expect(decisions.denied).toEqual(['add_note'])

    decisions.revocations.remove('a-1')
    await hijacked.note('5')
    expect(mcp.calls).toEqual(['1', '2', '4', '5'])
    await Promise.all([hijacked.close(), other.close()])
  })

  it('tells the tool by the body', async () => {
    const agent = await connectAgent(envoy.url)
    decisions.revocations.add(makeRevocation({ keys: ['tool:add_note'] }), Date.now())
    await expect(agent.note('1')).rejects.toThrow(/Access was revoked \(action a-1\)/)
    expect(mcp.calls).toEqual([])
    await agent.close()
  })
})
