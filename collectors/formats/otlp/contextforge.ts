import type { ActivityEvent } from '../../../src/event/event.ts'
import { readAuthenticated } from './identity.ts'
import type { OtlpItem } from './item.ts'
import type { OtlpProduct } from './product.ts'

const kinds: Readonly<Record<string, ActivityEvent['kind']>> = {
  'tool.invoke': 'span',
  // Its exporter plugin tells of the same call once more, with arguments and the tool's own name.
  'tool.pre_invoke': 'request',
  'tool.post_invoke': 'access',
  'cpex.control.summary': 'decision',
  'cpex.control.result': 'decision',
  'mcp.initialize': 'span',
}

const methodsByType: ReadonlyMap<string, string> = new Map([
  ['prompt', 'prompts/get'],
  ['resource', 'resources/read'],
])

/** IBM ContextForge: calls, what its plugins decided about them, and its telemetry exporter. */
export const contextforge: OtlpProduct = {
  name: 'contextforge',
  layer: 'gateway',
  fits: ({ serviceName, scopeName, name }) =>
    name.startsWith('cpex.control.') ||
    scopeName === 'mcpgateway' ||
    scopeName.includes('tools_telemetry_exporter') ||
    (serviceName === 'mcp-gateway' && Object.hasOwn(kinds, name)),

  operation: ({ name, attributes }) => {
    if (!Object.hasOwn(kinds, name)) return undefined
    const type = attributes.peek('cpex.control.type')
    const method = name === 'mcp.initialize' ? 'initialize' : (methodsByType.get(String(type)) ?? 'tools/call')
    return { method, isToolRun: false, targetInName: '' }
  },

  complete: (event, item) => {
    const { attributes, name } = item
    event.kind = kinds[name] ?? 'span'
    readAuthenticated(event, item)
    if (event.userEmail === '' && String(attributes.peek('user')).includes('@'))
      event.userEmail = attributes.text('user')
    readExported(event, item)
    if (name === 'cpex.control.summary' || name === 'cpex.control.result') readControl(event, item)
  },
}

const readExported = (event: ActivityEvent, { attributes, name }: OtlpItem): void => {
  event.server ||= attributes.text('target_mcp_server.name')
  event.httpRequestId ||= attributes.text('request_id')
  event.arguments ||= attributes.json('tool.invocation.args')
  // `tool.name` is the gateway's name for it, made of the server's and the tool's.
  event.tool = attributes.text('tool.target_tool_name') || event.tool
  const hasError = name === 'tool.post_invoke' ? attributes.flag('tool.invocation.has_error') : undefined
  if (hasError !== undefined) event.outcome = hasError ? 'tool_error' : 'success'
}

/** A plugin's verdict, or the sum of them. The only spans of a gateway that say outright what was decided. */
const readControl = (event: ActivityEvent, { attributes, name }: OtlpItem): void => {
  event.tool ||= attributes.text('cpex.control.tool.name')
  event.toolExposed ||= event.tool
  const isAllowed = attributes.flag('cpex.control.result.allowed')
  const isAsked = attributes.flag('cpex.control.result.requested_allowed')
  const isModified = attributes.flag('cpex.control.payload_modified') === true
  event.decision = isAllowed === undefined ? 'indeterminate' : !isAllowed ? 'deny' : isModified ? 'modify' : 'allow'
  event.decisionBasis = isAllowed === undefined ? '' : 'explicit'
  event.decisionSource = 'guardrail'
  event.outcome = isAllowed === false ? 'denied' : 'unknown'
  event.decisionReasons = [
    attributes.text('cpex.control.result.error_code'),
    attributes.text('cpex.control.result.reason'),
    // Watching only: what it would have done.
    isAsked === false && isAllowed === true ? 'would_deny' : '',
  ].filter((reason) => reason !== '')
  readPlugin(event, attributes, name)
}

const readPlugin = (event: ActivityEvent, attributes: OtlpItem['attributes'], name: string): void => {
  const agentId = attributes.peek('cpex.control.agent.id')
  // It is often the user's e-mail address, which is no agent's id.
  if (typeof agentId === 'string' && agentId !== '' && !agentId.includes('@')) {
    event.agentId = attributes.text('cpex.control.agent.id')
  }
  const plugin = attributes.peek('cpex.control.name')
  event.policyId = attributes.text('cpex.control.plugin_id')
  // Each plugin decides for itself, so each is a view of its own of the call.
  if (name === 'cpex.control.result') event.product = `contextforge:${String(plugin ?? 'plugin').slice(0, 64)}`
}
