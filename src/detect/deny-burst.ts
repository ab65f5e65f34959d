import type { CallFact, CountRule } from './rule.ts'

const minutes = 5
const deniesMin = 10

/**
 * An agent that keeps being refused is probing, or was told to do what it may not. Ten denies within five minutes are
 * the catalogue's starting point (OWASP ASI03, MCP07; MITRE ATLAS AML.T0053). A mis-deployed policy fires it too.
 */
export const denyBurst: CountRule = {
  id: 'deny-burst',
  title: 'Burst of denied calls',
  severity: 'high',
  timespanUs: minutes * 60_000_000,
  countMin: deniesMin,
  selects: (call) => call.decision === 'deny',
  explain: (calls) => {
    const tools = [...new Set(calls.map((call) => call.tool).filter((tool) => tool !== ''))].sort()
    const last = calls.at(-1)
    return {
      text: `${whoOf(last)} was refused ${calls.length} times within ${minutes} minutes${toolsText(tools)}.`,
      thresholds: { denies: deniesMin, minutes },
      observed: { denies: calls.length, tools: tools.join(', ') },
    }
  },
  response: ['flag', 'revoke'],
}

const whoOf = (call: CallFact | undefined): string => {
  const agent = call?.agentName || call?.agentId || call?.clientName || 'An unidentified agent'
  const principal = call?.userEmail || call?.userId || ''
  return principal === '' ? agent : `${agent} for ${principal}`
}

/** More names than this make no sentence. */
const toolsNamedMax = 4

const toolsText = (tools: readonly string[]): string => {
  if (tools.length === 0) return ''
  const rest = tools.length - toolsNamedMax
  return `, asking for ${tools.slice(0, toolsNamedMax).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}
