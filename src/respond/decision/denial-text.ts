import type { Verdict } from './decide.ts'

/** What the agent is told: enough for its user to ask about it, and nothing of how it was found out. */
export const denialText = ({ why, revocation }: Verdict): string =>
  why === 'starting' || revocation === null
    ? 'Access cannot be checked at the moment; try again shortly.'
    : `Access was revoked (action ${revocation.actionId}). Ask whoever runs agenttrail.`

/** What the gateway is told besides: it may log it. */
export const denialReason = ({ why, revocation }: Verdict): string =>
  revocation === null ? why : `${why}: ${revocation.kind} by ${revocation.by}: ${revocation.reason}`

/** JSON-RPC code for a refused request, from the range that is free for servers. */
export const deniedCode = -32_001

/** The JSON-RPC answer that an MCP client shows. */
export const denialMessage = (verdict: Verdict, jsonrpcId: string | number): object => ({
  jsonrpc: '2.0',
  id: jsonrpcId === '' ? null : jsonrpcId,
  error: {
    code: deniedCode,
    message: denialText(verdict),
    data:
      verdict.revocation === null ? { why: verdict.why } : { why: verdict.why, action: verdict.revocation.actionId },
  },
})
