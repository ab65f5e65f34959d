import type { OtlpItem } from './item.ts'
import { firstText } from './take.ts'

/** What was asked for: the MCP method, and whether the span says so in MCP's own words. */
export interface Operation {
  readonly method: string
  /** A tool's run as an agent framework tells it, and not a message of the protocol. */
  readonly isToolRun: boolean
  /** What the span's name holds besides the method: a tool's name, a prompt's. */
  readonly targetInName: string
}

/** `tools/call get_weather`, `resources/read`: the conventions' span name. */
const methodName =
  /^((?:tools|resources|prompts|completion|logging|notifications|sampling|elicitation|roots|tasks|server|subscriptions)\/[\w/]{1,60}|initialize|ping)(?: (.+))?$/s
const toolRunName = /^execute_tool(?: (.+))?$/s

/**
 * What a span or log record is of, `undefined` if it is of no request of an agent: a model's completion, a database query,
 * a request of anything else. Attributes go before names, and what says the method before what only says that it is a tool.
 */
export const operationOf = (item: OtlpItem): Operation | undefined => {
  const stated = statedMethod(item)
  if (stated !== '') {
    const named = methodName.exec(item.name)
    return { method: stated, isToolRun: false, targetInName: named?.[1] === stated ? (named[2] ?? '') : '' }
  }
  const run = item.signal === 'span' ? toolRunOf(item) : undefined
  if (run !== undefined) return { method: 'tools/call', isToolRun: true, targetInName: run }
  const named = item.signal === 'span' ? methodName.exec(item.name) : null
  const method = named?.[1] ?? ''
  return isSlashed(method) ? { method, isToolRun: false, targetInName: named?.[2] ?? '' } : undefined
}

/** What is only called `ping` may be anything. */
const isSlashed = (method: string | undefined): boolean => method?.includes('/') === true

const statedMethod = ({ attributes }: OtlpItem): string => {
  const given = firstText(attributes, ['mcp.method.name', 'mcp.method'])
  if (given !== '') return given
  for (const name of ['rpc.method', 'gen_ai.operation.name']) {
    const text = attributes.peek(name)
    // A gateway writes the method where the conventions have `execute_tool`.
    if (typeof text === 'string' && isSlashed(methodName.exec(text)?.[1]) && !text.includes(' '))
      return attributes.text(name)
  }
  return ''
}

/** The name of the tool that a tool's span is called by (often `''`); `undefined` where it is of no tool. */
const toolRunOf = ({ attributes, name }: OtlpItem): string | undefined => {
  for (const [key, value] of toolMarks) {
    if (attributes.peek(key) !== value) continue
    attributes.drop(key)
    return toolRunName.exec(name)?.[1] ?? ''
  }
  const named = toolRunName.exec(name)
  if (named !== null) return named[1] ?? ''
  return typeof attributes.peek('ai.toolCall.name') === 'string' ? '' : undefined
}

const toolMarks = [
  ['gen_ai.operation.name', 'execute_tool'],
  ['openinference.span.kind', 'TOOL'],
  ['traceloop.span.kind', 'tool'],
] as const
