/**
 * What must be so on every seed: calls and sessions equal the truth; any order gives the same; nothing spans two
 * principals; pairs of calls' events and of sessions' calls are found about as well as the oracle finds them.
 */
export type ScenarioPromise = 'truth' | 'order' | 'principals' | 'callPairs' | 'sessionPairs'

/** What the records of a world say and leave out: which of a request's ids each layer logs, and what its clients do. */
export interface Scenario {
  readonly name: string
  /** The ids by which layers know the same request: `chain` is a request id up to the gateway, a trace id behind it. */
  readonly shares: 'requestId' | 'traceId' | 'chain' | 'nothing'
  /** MCP sessions: one for each run of an agent, one for every call, or none at all (stateless clients). */
  readonly mcpSessions: 'perRun' | 'perCall' | 'none'
  readonly credential: 'login' | 'sharedServiceAccount'
  /** Pomerium mints a new login session id at each token refresh; here that happens within runs. */
  readonly refreshesWithinRuns: boolean
  /** Whether gateways and servers, too, tell only whole seconds. */
  readonly hasWholeSeconds: boolean
  /** Tools are renamed by the gateway, which puts the server's name in front. */
  readonly renamesTools: boolean
  /** Gateways are clients of their servers: requests get JSON-RPC ids of their own there. */
  readonly renumbers: boolean
  /** One trace for a turn of several requests, not for each. */
  readonly hasTurns: boolean
  /** Gateways log the id that the agent gives its run, in which it opens several MCP sessions; the proxy knows only those. */
  readonly hasExplicitIds: boolean
  /** Runs may follow each other closer than the idle time: no field tells them apart where there is no session id. */
  readonly hasCloseRuns: boolean
  /** Agents of two users send the same request ids, traces, session ids at the same time. */
  readonly sharesChosenIds: boolean
  readonly promises: readonly ScenarioPromise[]
  /** What the product is known not to keep yet: counted and printed, but no failure. `AGENTTRAIL_UNMET=1` makes it one. */
  readonly unmet: readonly ScenarioPromise[]
  /** How far precision and recall may stay behind those of the oracle. */
  readonly behindMax: { readonly calls: number; readonly sessions: number }
}

const base: Scenario = {
  name: '',
  shares: 'requestId',
  mcpSessions: 'perRun',
  credential: 'login',
  refreshesWithinRuns: false,
  hasWholeSeconds: false,
  renamesTools: false,
  renumbers: false,
  hasTurns: false,
  hasExplicitIds: false,
  hasCloseRuns: true,
  sharesChosenIds: false,
  promises: ['order', 'principals', 'callPairs', 'sessionPairs'],
  unmet: [],
  behindMax: { calls: 0.01, sessions: 0.05 },
}

const exact = ['truth', 'order', 'principals'] as const
/** Sessions that no id tells apart, and calls that share no id, are found less well than an oracle with hindsight does. */
const guessed = ['callPairs', 'sessionPairs'] as const

export const scenarios: readonly Scenario[] = [
  { ...base, name: 'shared request id', promises: exact },
  { ...base, name: 'shared trace id', shares: 'traceId', promises: exact },
  { ...base, name: 'request id, then trace id', shares: 'chain', promises: exact },
  { ...base, name: 'renamed tools', renamesTools: true, promises: exact },
  { ...base, name: 'renumbered requests', renumbers: true, promises: exact },
  { ...base, name: 'runs with an id, over MCP sessions', hasExplicitIds: true, promises: exact },
  { ...base, name: 'shared trace id of a turn', shares: 'traceId', hasTurns: true, unmet: guessed },
  { ...base, name: 'no session id', mcpSessions: 'none', unmet: guessed },
  {
    ...base,
    name: 'no session id, no shared id',
    mcpSessions: 'none',
    shares: 'nothing',
    unmet: guessed,
  },
  {
    ...base,
    name: 'shared service account',
    mcpSessions: 'none',
    credential: 'sharedServiceAccount',
    unmet: guessed,
  },
  { ...base, name: 'a session for every call', mcpSessions: 'perCall', unmet: guessed },
  { ...base, name: 'whole seconds, no shared id', hasWholeSeconds: true, shares: 'nothing', unmet: guessed },
  {
    ...base,
    name: 'refreshed logins',
    mcpSessions: 'none',
    refreshesWithinRuns: true,
    hasCloseRuns: false,
    unmet: guessed,
  },
  { ...base, name: 'chosen ids of two users', sharesChosenIds: true, unmet: guessed },
]
