const bases: Readonly<Record<string, string>> = {
  explicit: 'stated id',
  mcp_session: 'MCP session',
  login_session: 'login session',
  trace: 'trace',
  service_account: 'service account',
  user_client: 'user and client',
  address: 'network address',
  none: 'nothing',
}

const agentBases: Readonly<Record<string, string>> = {
  config: 'configured',
  event: 'stated by an authenticated layer',
  service_account: 'service account',
  oauth_client: 'OAuth client',
  client_name: 'the client’s own claim',
}

const decisions: Readonly<Record<string, string>> = {
  allow: 'Allowed',
  deny: 'Denied',
  modify: 'Modified',
  escalate: 'Escalated',
  indeterminate: 'Undecided',
  not_evaluated: 'Passed, no decision',
}

const decisionBases: Readonly<Record<string, string>> = {
  inferred_status: 'inferred from the HTTP status',
  inferred_text: 'inferred from the text',
  inferred_code: 'inferred from the error code',
}

const outcomes: Readonly<Record<string, string>> = {
  success: 'Success',
  tool_error: 'Tool error',
  protocol_error: 'Protocol error',
  denied: 'Refused',
  timeout: 'Timed out',
  cancelled: 'Cancelled',
  failure: 'Failed',
  unknown: 'Not known',
}

const actionStates: Readonly<Record<string, string>> = {
  proposed: 'proposed',
  requested: 'sent',
  accepted: 'accepted',
  enforced: 'in force',
  verified: 'verified',
  unconfirmed: 'not confirmed',
  dryRun: 'dry run',
  refused: 'refused',
  failed: 'failed',
  expired: 'expired',
  undone: 'undone',
}

const layers: Readonly<Record<string, string>> = {
  proxy: 'Proxy',
  gateway: 'Gateway',
  server: 'Server',
  trace: 'Trace',
}

const from =
  (words: Readonly<Record<string, string>>) =>
  (key: string): string =>
    words[key] ?? key

/** The API's values in words for people; an unknown value stands for itself. */
export const basisWord = from(bases)
export const agentBasisWord = from(agentBases)
export const decisionWord = from(decisions)
export const decisionBasisWord = from(decisionBases)
export const outcomeWord = from(outcomes)
export const actionStateWord = from(actionStates)
export const layerWord = from(layers)
