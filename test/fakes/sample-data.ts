import type { ActionShape, CallShape, FindingShape, LayerShape, SessionShape } from '../../src/api/read-model.ts'
import { emptyData, type FakeData } from './read-model.ts'

const layer = (part: Partial<LayerShape> & Pick<LayerShape, 'layer' | 'decision'>): LayerShape => ({
  product: part.layer === 'proxy' ? 'pomerium' : 'agentgateway',
  basis: part.decision === 'not_evaluated' ? '' : 'explicit',
  source: 'authz',
  reasons: [],
  policyId: '',
  eventId: 'e',
  ...part,
})

const people = {
  mira: { id: 'u-1041', email: 'mira.okafor@example.com' },
  jonas: { id: 'u-2210', email: 'jonas.weiss@example.com' },
} as const

interface Who {
  readonly agent: CallShape['agent']
  readonly user: CallShape['user']
  readonly client: CallShape['client']
}

const who = (name: string, user: CallShape['user'], client: string, address: string): Who => ({
  agent: { id: `client:${name}/${user.id}`, name, basis: 'oauth_client' },
  user,
  client: { name: client, version: '1.14.2', address, userAgent: `${client}/1.14.2` },
})

/** RFC 3339 with microseconds. */
const timeText = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z')

export const makeCall = (part: Partial<CallShape> & Pick<CallShape, 'id' | 'time'>): CallShape => ({
  durationMs: 42.125,
  sessionId: 's1',
  agent: { id: 'a', name: 'a', basis: 'event' },
  user: people.mira,
  client: { name: 'claude-code', version: '1', address: '10.2.0.4', userAgent: '' },
  server: 'github',
  method: 'tools/call',
  tool: 'list_issues',
  toolExposed: '',
  resource: '',
  decision: 'allow',
  decisionBasis: 'explicit',
  decisionSource: 'authz',
  layers: [layer({ layer: 'proxy', decision: 'allow' }), layer({ layer: 'gateway', decision: 'allow' })],
  outcome: 'success',
  httpStatus: 200,
  errorType: '',
  httpRequestId: '',
  jsonrpcId: '1',
  traceId: '',
  disagreements: [],
  findings: [],
  ...part,
})

export const makeSession = (part: Partial<SessionShape> & Pick<SessionShape, 'id' | 'start'>): SessionShape => ({
  aliases: [],
  explicitId: '',
  agent: { id: 'a', name: 'a', basis: 'event' },
  user: people.mira,
  client: { name: 'claude-code', version: '1', address: '10.2.0.4', userAgent: '' },
  end: part.start,
  calls: 1,
  denies: 0,
  tools: ['list_issues'],
  servers: ['github'],
  basis: 'mcp_session',
  confidence: 0.95,
  risk: 0,
  status: 'active',
  findings: [],
  ...part,
})

/** Two people, four agents, one of them hijacked: what a first look at the console should show. */
export const sampleData = (nowMs: number): FakeData => {
  const data = emptyData()
  const minute = 60_000
  addHonest(data, {
    id: 'ses_7kq2',
    startMs: nowMs - 9 * minute,
    count: 24,
    status: 'active',
    basis: 'mcp_session',
    confidence: 0.95,
    who: who('release-notes-bot', people.mira, 'claude-code', '10.2.0.14'),
    server: 'github',
    tools: ['list_pull_requests', 'get_pull_request', 'search_code', 'create_issue_comment'],
  })
  addHonest(data, {
    id: 'ses_9fd1',
    startMs: nowMs - 31 * minute,
    count: 11,
    status: 'active',
    basis: 'explicit',
    confidence: 1,
    who: who('oncall-summary', people.jonas, 'cursor', '10.2.0.31'),
    server: 'slack',
    tools: ['search_messages', 'post_message'],
  })
  addHonest(data, {
    id: 'ses_3vxa',
    startMs: nowMs - 95 * minute,
    count: 58,
    status: 'ended',
    basis: 'service_account',
    confidence: 0.7,
    who: who('nightly-report', { id: '', email: '' }, 'python-mcp', '10.4.1.9'),
    server: 'warehouse',
    tools: ['query', 'list_tables', 'describe_table'],
  })
  addHijacked(data, nowMs - 6 * minute)
  return data
}

interface Honest {
  readonly id: string
  readonly startMs: number
  readonly count: number
  readonly status: string
  readonly basis: string
  readonly confidence: number
  readonly who: Who
  readonly server: string
  readonly tools: readonly string[]
}

const addHonest = (data: FakeData, honest: Honest): void => {
  for (let index = 0; index < honest.count; index += 1) {
    const isDenied = index === 7 && honest.server === 'github'
    data.calls.push(
      makeCall({
        ...honest.who,
        id: `${honest.id}_c${index}`,
        time: timeText(honest.startMs + index * 11_300),
        sessionId: honest.id,
        server: honest.server,
        tool: honest.tools[index % honest.tools.length] ?? '',
        durationMs: 18 + ((index * 37) % 240),
        ...(isDenied ? deniedByGateway : {}),
      }),
    )
  }
  data.sessions.push(
    makeSession({
      ...honest.who,
      id: honest.id,
      explicitId: honest.basis === 'explicit' ? 'conv-20260504-oncall' : '',
      start: timeText(honest.startMs),
      end: timeText(honest.startMs + (honest.count - 1) * 11_300),
      calls: honest.count,
      denies: honest.server === 'github' ? 1 : 0,
      tools: honest.tools,
      servers: [honest.server],
      basis: honest.basis,
      confidence: honest.confidence,
      status: honest.status,
    }),
  )
}

const deniedByGateway: Partial<CallShape> = {
  decision: 'deny',
  outcome: 'denied',
  httpStatus: 403,
  layers: [
    layer({ layer: 'proxy', decision: 'allow' }),
    layer({ layer: 'gateway', decision: 'deny', reasons: ['tool-not-granted'], policyId: 'repo-readers' }),
  ],
}

const stolen = ['delete_branch', 'create_deploy_key', 'list_org_secrets', 'update_webhook'] as const

const addHijacked = (data: FakeData, startMs: number): void => {
  const agent = who('triage-helper', people.jonas, 'claude-code', '10.2.0.31')
  const honestCount = 5
  const deniedCount = 12
  const denied: string[] = []
  for (let index = 0; index < honestCount + deniedCount; index += 1) {
    const isDenied = index >= honestCount
    const id = `ses_x81p_c${index}`
    if (isDenied) denied.push(id)
    const byProxy = index % 3 === 0
    data.calls.push(
      makeCall({
        ...agent,
        id,
        time: timeText(startMs + index * 9700),
        sessionId: 'ses_x81p',
        tool: isDenied ? (stolen[index % stolen.length] ?? '') : 'list_issues',
        durationMs: isDenied ? 3.5 : 61,
        ...(isDenied ? deniedBy(byProxy) : {}),
        findings: isDenied ? ['fnd_51c0'] : [],
      }),
    )
  }
  data.sessions.push(
    makeSession({
      ...agent,
      id: 'ses_x81p',
      start: timeText(startMs),
      end: timeText(startMs + 16 * 9700),
      calls: honestCount + deniedCount,
      denies: deniedCount,
      tools: ['list_issues', ...stolen],
      servers: ['github'],
      confidence: 0.95,
      risk: 78,
      status: 'flagged',
      findings: ['fnd_51c0'],
    }),
  )
  data.findings.push(denyBurstFinding(denied, timeText(startMs + 14 * 9700)))
  data.actions.push(...actionsOf(startMs + 14 * 9700))
}

const deniedBy = (byProxy: boolean): Partial<CallShape> =>
  byProxy
    ? {
        decision: 'deny',
        outcome: 'denied',
        httpStatus: 403,
        layers: [
          layer({ layer: 'proxy', decision: 'deny', reasons: ['mcp-tool-unauthorized'], policyId: 'github-triage' }),
        ],
      }
    : deniedByGateway

const denyBurstFinding = (calls: readonly string[], time: string): FindingShape => ({
  id: 'fnd_51c0',
  incidentId: 'inc_51c0',
  ruleId: 'deny-burst',
  ruleTitle: 'Burst of denied calls',
  severity: 'high',
  time,
  state: 'final',
  sessionId: 'ses_x81p',
  session: { explicitId: '', agent: 'triage-helper', user: people.jonas.email },
  calls,
  explanation: {
    text: `triage-helper for ${people.jonas.email} was refused 12 times within 5 minutes, asking for ${stolen.join(', ')}.`,
    thresholds: { denies: 10, minutes: 5 },
    observed: { denies: 12, tools: stolen.join(', ') },
  },
  shadow: false,
  status: 'open',
  note: '',
  actions: ['act_flag', 'act_revoke'],
})

const actionsOf = (ms: number): readonly ActionShape[] =>
  (['flag', 'revoke'] as const).map((kind) => ({
    id: `act_${kind}`,
    incidentId: 'inc_51c0',
    findingId: 'fnd_51c0',
    kind,
    target: 'session:ses_x81p',
    lever: kind === 'flag' ? 'mark' : 'pomerium-databroker',
    state: kind === 'flag' ? 'enforced' : 'dryRun',
    reason: 'deny-burst',
    by: 'policy',
    expiresAt: null,
    evidencePending: false,
    transitions: [
      { state: 'proposed', time: timeText(ms), detail: '' },
      { state: kind === 'flag' ? 'enforced' : 'dryRun', time: timeText(ms + 12), detail: '' },
    ],
    msTo: { requested: null, accepted: null, enforced: kind === 'flag' ? 12 : null, verified: null },
  }))
