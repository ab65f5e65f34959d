import { randomUUID } from 'node:crypto'
import type { ApiClient } from '../api-client.ts'
import { sendRecords } from '../send-records.ts'

/** An agent with an MCP session at the demo's gateway. */
export interface DemoAgent {
  readonly id: string
  readonly userEmail: string
  readonly mcpSessionId: string
}

export interface DemoCall {
  readonly agent: DemoAgent
  readonly tool: string
  /** What the gateway's own policy says. */
  readonly policy: 'allow' | 'deny'
}

/** What became of a call: `revoked` by the decision service, or what the policy said. */
export interface DemoAnswer {
  readonly result: 'allowed' | 'refused' | 'revoked'
  /** When its record was durable; when it was denied, of a revoked one. */
  readonly acceptedMs: number
  readonly requestId: string
}

export const newAgent = (id: string, userEmail: string): DemoAgent => ({
  id: `demo-${id}`,
  userEmail,
  mcpSessionId: randomUUID(),
})

/**
 * An MCP gateway as the demo has it: before each call it asks the decision service, then its own policy, and it sends a
 * decision event. Nobody is called upstream.
 */
export class DemoGateway {
  readonly #client: ApiClient
  readonly #signal: AbortSignal
  #jsonrpcId = 0

  constructor(client: ApiClient, signal: AbortSignal) {
    this.#client = client
    this.#signal = signal
  }

  async call({ agent, tool, policy }: DemoCall): Promise<DemoAnswer> {
    const requestId = randomUUID()
    this.#jsonrpcId += 1
    // What it denies it records itself.
    if (await this.#isRevoked(agent, tool)) return { result: 'revoked', acceptedMs: Date.now(), requestId }
    const event = this.#event({ agent, tool, requestId, layer: 'gateway', decision: policy })
    return { result: policy === 'allow' ? 'allowed' : 'refused', acceptedMs: await this.#send(event), requestId }
  }

  /** A call whose decision is not in the log yet: only the proxy's line, which judges nothing, is there. */
  async callUnjudged(
    agent: DemoAgent,
    tool: string,
  ): Promise<{ readonly acceptedMs: number; readonly judge: () => Promise<number> }> {
    const requestId = randomUUID()
    this.#jsonrpcId += 1
    const common = { agent, tool, requestId }
    const judged = this.#event({ ...common, layer: 'gateway', decision: 'allow' })
    const acceptedMs = await this.#send(this.#event({ ...common, layer: 'proxy', decision: 'not_evaluated' }))
    return { acceptedMs, judge: () => this.#send(judged) }
  }

  async #isRevoked({ mcpSessionId }: DemoAgent, tool: string): Promise<boolean> {
    const response = await this.#client.send('/decide', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'mcp-session-id': mcpSessionId },
      body: JSON.stringify({ jsonrpc: '2.0', id: this.#jsonrpcId, method: 'tools/call', params: { name: tool } }),
      signal: this.#signal,
    })
    await response.arrayBuffer()
    return response.status === 403
  }

  #event(call: {
    readonly agent: DemoAgent
    readonly tool: string
    readonly requestId: string
    readonly layer: 'proxy' | 'gateway'
    readonly decision: 'allow' | 'deny' | 'not_evaluated'
  }): object {
    const { agent, tool, layer, decision } = call
    return {
      time: new Date().toISOString(),
      id: randomUUID(),
      layer,
      product: `acme-${layer}`,
      decision,
      principal: { userId: agent.userEmail, userEmail: agent.userEmail, agentId: agent.id, agentName: agent.id },
      session: { mcpSessionId: agent.mcpSessionId },
      request: {
        httpRequestId: call.requestId,
        jsonrpcId: this.#jsonrpcId,
        method: 'tools/call',
        tool,
        server: 'acme',
      },
      result: { outcome: decision === 'deny' ? 'denied' : 'success' },
    }
  }

  /** Returns when it was durable. */
  async #send(event: object): Promise<number> {
    const body = { offset: 0, bytes: Buffer.from(`${JSON.stringify(event)}\n`) }
    const options = { format: 'agenttrail', source: 'demo-gateway', realm: '', signal: this.#signal }
    await sendRecords(this.#client, body, options)
    return Date.now()
  }
}
