import type { DecisionRequest } from './decision-request.ts'

type MessageFacts = Pick<DecisionRequest, 'method' | 'tool' | 'resource' | 'jsonrpcId'>

const noMessage: MessageFacts = { method: '', tool: '', resource: '', jsonrpcId: '' }
const messageBytesMax = 1 << 20

/** What an MCP request asks for, of its JSON-RPC message. A batch, a part or anything else says nothing. */
export const readMessage = (body: Uint8Array | string): MessageFacts => {
  if (body.length === 0 || body.length > messageBytesMax) return noMessage
  try {
    return messageFacts(JSON.parse(typeof body === 'string' ? body : Buffer.from(body).toString('utf8')))
  } catch {
    // A body that a gateway cut off, or that is no JSON, is no reason to deny or allow.
    return noMessage
  }
}

/** The same of a message that was parsed already. Gateways send it whole, without its envelope, or within one. */
export const messageFacts = (value: unknown): MessageFacts => {
  const message = objectOf(value)
  const params = objectOf(message['params'] ?? message['Params'])
  const id = message['id']
  return {
    method: textOf(message['method'] ?? message['Method']),
    ...paramFacts(Object.keys(params).length === 0 ? message : params),
    jsonrpcId: typeof id === 'number' || typeof id === 'string' ? id : '',
  }
}

/** What the `params` alone say. */
export const paramFacts = (params: object): Pick<MessageFacts, 'tool' | 'resource'> => ({
  tool: textOf(Reflect.get(params, 'name')),
  resource: textOf(Reflect.get(params, 'uri')),
})

export const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
