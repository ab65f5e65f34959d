const agent = { id: 'client:c1/u1', name: 'claude-code', basis: 'oauth_client' }
const user = { id: 'u1', email: 'alice@acme.test' }
const client = { name: 'claude-code', version: '2.1.14', address: '198.51.100.7', userAgent: 'claude-code/2.1.14' }

/** Answers of the API, whole, so that a test names only what it is about. */
export const sampleSession = {
  id: 's1',
  aliases: [],
  explicitId: '',
  agent,
  user,
  client,
  start: '2026-11-24T07:00:00.000000Z',
  end: '2026-11-24T07:05:00.000000Z',
  calls: 12,
  denies: 11,
  tools: ['list_issues', 'delete_repository'],
  servers: ['github-mcp'],
  basis: 'login_session',
  confidence: 0.8,
  risk: 40,
  status: 'flagged',
  findings: ['f1'],
}

export const sampleCall = {
  id: 'c1',
  time: '2026-11-24T07:04:00.000000Z',
  durationMs: 12.5,
  sessionId: 's1',
  agent,
  user,
  client,
  server: 'github-mcp',
  method: 'tools/call',
  tool: 'delete_repository',
  toolExposed: 'delete_repository',
  resource: '',
  decision: 'deny',
  decisionBasis: 'explicit',
  decisionSource: 'authz',
  layers: [
    {
      layer: 'proxy',
      product: 'pomerium',
      decision: 'deny',
      basis: 'explicit',
      source: 'authz',
      reasons: ['mcp-tool-match'],
      policyId: '',
      eventId: 'e1',
    },
  ],
  outcome: 'denied',
  httpStatus: 200,
  errorType: '',
  httpRequestId: 'r1',
  jsonrpcId: '',
  traceId: '',
  disagreements: [],
  findings: ['f1'],
}

export const sampleFinding = {
  id: 'f1',
  incidentId: 'i1',
  ruleId: 'deny-burst',
  ruleTitle: 'Burst of denied calls',
  severity: 'high',
  time: '2026-11-24T07:04:30.000000Z',
  state: 'final',
  sessionId: 's1',
  session: { explicitId: '', agent: 'claude-code', user: 'alice@acme.test' },
  calls: ['c1'],
  explanation: {
    text: 'claude-code for alice was refused 11 times.',
    thresholds: { denies: 10 },
    observed: { denies: 11 },
  },
  shadow: false,
  status: 'open',
  note: '',
  actions: ['a1'],
}

export const sampleStatus = {
  records: { pomerium: { stored: 100, ignored: 20, duplicate: 0, rejected: 1 } },
  partitions: [{ partition: 0, logEnd: 9, analysed: 9, storedThrough: 9, lagRecords: 0, lagSeconds: 0 }],
  log: { usedBytes: 1000, bytesMax: 100_000, acceptsRecords: true },
  store: { kind: 'embedded', state: 'up', restarts: 0 },
  space: { usedBytes: 2_000_000, budgetBytes: 80_000_000, isOverBudget: false, removedBytes: { age: 5000 } },
  analyser: {
    watermark: null,
    callsLive: 1,
    sessionsLive: 1,
    lateEvents: 0,
    limitsReached: {},
    lastSnapshotPosition: 0,
    snapshotPauseMs: 0,
    stageSeconds: {},
  },
  version: '0.1.0',
  uptimeSeconds: 5,
}

export const page = <T>(...items: readonly T[]): { readonly items: readonly T[]; readonly nextCursor: null } => ({
  items,
  nextCursor: null,
})
