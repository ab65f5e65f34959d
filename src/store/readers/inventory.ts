import type { InventoryFilter, InventoryKind, InventoryShape } from '../../api/inventory-shape.ts'
import type { Page, PageRequest, ReadModel, TimeRange } from '../../api/read-model.ts'
import type { StoreClient } from '../client.ts'
import { asked, type Clause, cursorOf, microsRange, ofRealm, parseCursor } from './page.ts'
import { rfcTimeOfUs } from './times.ts'

/** What tells the things of a kind apart, and what they are called; findings name agents and users only. */
const kinds = {
  agent: { key: 'agent_id', name: 'any(agent_name)', findingKeys: '[agent_id]' },
  user: {
    key: "if(user_email != '', user_email, user_id)",
    name: 'any(user_id)',
    findingKeys: '[user_email, user_id]',
  },
  tool: { key: "concat(server, '/', tool)", name: 'any(tool)', findingKeys: null },
  server: { key: 'server', name: 'any(server)', findingKeys: null },
} as const satisfies Readonly<Record<InventoryKind, object>>

/** What a thing without a name would be called. */
const nameless: ReadonlySet<string> = new Set(['', '/'])

interface InventoryColumns {
  readonly id: string
  readonly name: string
  readonly first_us: number
  readonly last_us: number
  readonly calls: number
  readonly denies: number
  readonly failures: number
  readonly sessions: number
  readonly days: number
  readonly agents: readonly string[]
  readonly users: readonly string[]
  readonly tools: readonly string[]
  readonly servers: readonly string[]
  readonly hours: readonly number[]
  readonly durations: readonly (number | null)[]
}

/** The most frequent ones, without those that are not known. */
const top = (column: string, name: string): string => `arrayFilter(each -> each != '', topK(20)(${column})) AS ${name}`

const columns = `toUnixTimestamp64Micro(min(time)) AS first_us, toUnixTimestamp64Micro(max(time)) AS last_us,
  count() AS calls, countIf(decision = 'deny') AS denies,
  countIf(outcome IN ('tool_error', 'protocol_error', 'failure', 'timeout')) AS failures,
  uniqExact(session_id) AS sessions, uniqExact(toDate(time)) AS days,
  ${top('agent_id', 'agents')}, ${top("if(user_email != '', user_email, user_id)", 'users')},
  ${top('tool', 'tools')}, ${top('server', 'servers')},
  sumForEach(arrayMap(hour -> toUInt64(toHour(time) = hour), range(24))) AS hours,
  quantiles(0.5, 0.95)(duration_us) AS durations`

/** Agents, users, tools and servers, as the calls of a time show them: whoever was seen last comes first. */
export const createInventoryReader = (client: StoreClient, now: () => Date): Pick<ReadModel, 'inventory'> => ({
  inventory: async (realm, kind, filter, page) => {
    const rows = await readKind(client, { realm, kind, filter, page, now: now() })
    const items = rows.slice(0, page.limit)
    const findings = await findingsOf(client, { realm, kind, ids: items.map(({ id }) => id) })
    const last = rows.length > items.length ? items.at(-1) : undefined
    const nextCursor = last === undefined ? null : cursorOf({ at_us: last.last_us, at_id: last.id })
    return { items: items.map((row) => shapeOf(row, findings)), nextCursor } satisfies Page<InventoryShape>
  },
})

interface Asked {
  readonly realm: string
  readonly kind: InventoryKind
  readonly filter: TimeRange & InventoryFilter
  readonly page: PageRequest
  readonly now: Date
}

const readKind = (client: StoreClient, { realm, kind, filter, page, now }: Asked): Promise<InventoryColumns[]> => {
  const { key, name } = kinds[kind]
  const { fromUs, toUs } = microsRange(filter, now)
  const clauses: readonly Clause[] = [
    ofRealm(realm),
    {
      sql: "time >= fromUnixTimestamp64Micro({fromUs:Int64}, 'UTC') AND time < fromUnixTimestamp64Micro({toUs:Int64}, 'UTC')",
      params: { fromUs, toUs },
    },
    ...asked('agent', filter.agent, 'agent_id = {agent:String} OR agent_name = {agent:String}'),
    ...asked('user', filter.user, 'user_id = {user:String} OR user_email = {user:String}'),
    ...asked('tool', filter.tool, 'tool = {tool:String}'),
    ...asked('server', filter.server, 'server = {server:String}'),
  ]
  const cursor = page.cursor === null ? null : parseCursor(page.cursor)
  const behind = cursor === null ? '' : 'AND (last_us, id) < ({cursorUs:Int64}, {cursorId:String})'
  return client.query<InventoryColumns>(
    `SELECT ${key} AS id, ${name} AS name, ${columns}
      FROM calls FINAL PREWHERE ${clauses.map(({ sql }) => `(${sql})`).join(' AND ')} WHERE sign = 1
      GROUP BY id HAVING id NOT IN {nameless:Array(String)} ${behind}
      ORDER BY last_us DESC, id DESC LIMIT {rowsMax:UInt32}`,
    Object.assign(
      { nameless: [...nameless], rowsMax: page.limit + 1 },
      cursor === null ? {} : { cursorUs: cursor.us, cursorId: cursor.id },
      ...clauses.map(({ params }) => params),
    ),
  )
}

/** How many findings about each are neither withdrawn nor judged to be wrong; null for kinds that findings do not name. */
const findingsOf = async (
  client: StoreClient,
  { realm, kind, ids }: { readonly realm: string; readonly kind: InventoryKind; readonly ids: readonly string[] },
): Promise<ReadonlyMap<string, number> | null> => {
  const { findingKeys } = kinds[kind]
  if (findingKeys === null) return null
  if (ids.length === 0) return new Map()
  const rows = await client.query<{ readonly id: string; readonly findings: number }>(
    `SELECT id, count() AS findings FROM agent_findings ARRAY JOIN ${findingKeys} AS id
      WHERE realm = {realm:String} AND id IN {ids:Array(String)} AND state != 'withdrawn' AND status != 'falsePositive'
        AND NOT is_shadow
      GROUP BY id LIMIT {rowsMax:UInt32}`,
    { realm, ids, rowsMax: ids.length },
  )
  return new Map(rows.map(({ id, findings }) => [id, findings]))
}

const shapeOf = (row: InventoryColumns, findings: ReadonlyMap<string, number> | null): InventoryShape => ({
  id: row.id,
  name: row.name,
  firstSeen: rfcTimeOfUs(row.first_us),
  lastSeen: rfcTimeOfUs(row.last_us),
  calls: row.calls,
  denies: row.denies,
  failures: row.failures,
  sessions: row.sessions,
  owner: row.users[0] ?? '',
  agents: row.agents,
  users: row.users,
  tools: row.tools,
  servers: row.servers,
  usual: {
    callsPerDay: Math.round(row.calls / Math.max(1, row.days)),
    hours: row.hours,
    durationP50Ms: msOf(row.durations[0]),
    durationP95Ms: msOf(row.durations[1]),
  },
  findings: findings === null ? null : (findings.get(row.id) ?? 0),
})

const msOf = (us: number | null | undefined): number | null =>
  us === null || us === undefined || Number.isNaN(us) ? null : Math.round(us) / 1000
