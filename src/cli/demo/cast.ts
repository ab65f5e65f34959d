import { createRandomIds } from './random-ids.ts'

/** An agent of the story, as the proxy and the gateway see it. */
export interface Agent {
  readonly name: string
  readonly userId: string
  readonly email: string
  readonly userAgent: string
  readonly address: string
  /** `''` for the service account. */
  readonly oauthClientId: string
  readonly serviceAccountId: string
}

export interface McpServer {
  readonly name: string
  readonly routeId: string
  /** A uint64, as text: it is above what a double holds. */
  readonly routeChecksum: string
  readonly upstream: string
}

// The same in every run, so that the agents of a second demo are those of the first.
const ids = createRandomIds(20_261_124)

const alice = { userId: `idp|${ids.hex(20)}`, email: 'alice@acme.test' }
const bob = { userId: `idp|${ids.hex(20)}`, email: 'bob@acme.test' }

export const cast = {
  claudeCode: {
    ...alice,
    name: 'claude-code',
    userAgent: 'claude-code/2.1.14',
    address: '198.51.100.21',
    oauthClientId: ids.uuid(),
    serviceAccountId: '',
  },
  supportBot: {
    ...alice,
    name: 'support-bot',
    userAgent: 'acme-support-bot/0.9.3',
    address: '198.51.100.40',
    oauthClientId: ids.uuid(),
    serviceAccountId: '',
  },
  cursor: {
    ...bob,
    name: 'cursor',
    userAgent: 'Cursor/1.7.44 (linux x64)',
    address: '198.51.100.77',
    oauthClientId: ids.uuid(),
    serviceAccountId: '',
  },
  ci: {
    userId: 'agent-ci',
    email: 'agent-ci@acme.test',
    name: 'ci-agent',
    userAgent: 'ci-agent/3.2',
    address: '198.51.100.5',
    oauthClientId: '',
    serviceAccountId: `sa-${ids.uuid()}`,
  },
} as const satisfies Readonly<Record<string, Agent>>

export const servers = {
  github: {
    name: 'github-mcp',
    routeId: ids.hex(16),
    routeChecksum: '18178244035061794335',
    upstream: '10.8.0.12:8080',
  },
  slack: { name: 'slack-mcp', routeId: ids.hex(16), routeChecksum: '11012541476353179833', upstream: '10.8.0.13:8080' },
  postgres: {
    name: 'postgres-mcp',
    routeId: ids.hex(16),
    routeChecksum: '14402218820957023119',
    upstream: '10.8.0.14:8080',
  },
} as const satisfies Readonly<Record<string, McpServer>>

export type AgentKey = keyof typeof cast
export type ServerKey = keyof typeof servers
