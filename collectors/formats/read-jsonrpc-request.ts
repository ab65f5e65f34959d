import type { ActivityEvent } from '../../src/event/event.ts'
import { fill } from './fill.ts'
import { readTraceparent } from './read-traceparent.ts'
import type { SourceFields } from './source-fields.ts'

/**
 * Reads the body of an MCP request that a gateway logged: its id, what it asks for with which arguments, and the trace that
 * the agent says it belongs to. What the gateway states itself goes before what the body says.
 */
export const readJsonrpcRequest = (event: ActivityEvent, fields: SourceFields, ...path: readonly string[]): void => {
  const body = fields.peek(...path)
  if (Array.isArray(body) && event.method === '') event.method = 'batch'
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    event.arguments = fields.json(...path)
    // No body at all says nothing that is worth an attribute.
    if (body === null) fields.drop(...path)
    return
  }
  const at = (...inner: readonly string[]) => ({ fields, path: [...path, ...inner] })
  fill(event, 'jsonrpcId', at('id'))
  fill(event, 'method', at('method'))
  event.arguments = fields.json(...path, 'params', 'arguments')
  if (event.method === 'tools/call') fill(event, 'toolExposed', at('params', 'name'))
  if (event.method === 'prompts/get') fill(event, 'resource', at('params', 'name'))
  if (event.method === 'resources/read') fill(event, 'resource', at('params', 'uri'))
  if (fields.peek(...path, 'jsonrpc') === '2.0') fields.drop(...path, 'jsonrpc')
  readTraceparent(event, fields, ...path, 'params', '_meta', 'traceparent')
}
