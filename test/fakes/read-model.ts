import type { InventoryShape } from '../../src/api/inventory-shape.ts'
import type {
  ActionShape,
  CallShape,
  CommandShape,
  DeadLetterShape,
  EventShape,
  FindingShape,
  Page,
  PageRequest,
  PipelineStatus,
  ReadModel,
  SessionShape,
} from '../../src/api/read-model.ts'
import { AgenttrailError } from '../../src/errors.ts'

/** What a fake read model holds. Tests change it while it is served. */
export interface FakeData {
  sessions: SessionShape[]
  calls: CallShape[]
  events: EventShape[]
  findings: FindingShape[]
  actions: ActionShape[]
  deadLetters: DeadLetterShape[]
  commands: CommandShape[]
  inventory: InventoryShape[]
  isStoreUp: boolean
}

export const emptyData = (): FakeData => ({
  sessions: [],
  calls: [],
  events: [],
  findings: [],
  actions: [],
  deadLetters: [],
  commands: [],
  inventory: [],
  isStoreUp: true,
})

/** Rows of one realm, `default`, in memory; every filter of the interface. */
export const createFakeReadModel = (data: FakeData): ReadModel => {
  const rowsOf = <T>(realm: string, rows: readonly T[]): readonly T[] => {
    if (!data.isStoreUp) throw new AgenttrailError('AGT_STORE_UNAVAILABLE', 'The store cannot be reached.')
    return realm === 'default' ? rows : []
  }
  const one = <T>(realm: string, rows: readonly T[], isIt: (row: T) => boolean): T | null =>
    rowsOf(realm, rows).find(isIt) ?? null

  return {
    sessions: async (realm, filter, page) => {
      const rows = rowsOf(realm, data.sessions)
        .filter((row) => isWithin(row.end, filter))
        .filter((row) => isAsked(filter.agent, row.agent.id, row.agent.name))
        .filter((row) => isAsked(filter.user, row.user.id, row.user.email))
        .filter((row) => isAsked(filter.status, row.status) && isAsked(filter.explicitId, row.explicitId))
        .filter((row) => isAsked(filter.tool, ...row.tools) && isAsked(filter.server, ...row.servers))
        .filter((row) => row.risk >= (filter.minRisk ?? 0))
        .filter((row) => filter.decision !== 'deny' || row.denies > 0)
      return pageOf(
        newestFirst(rows, (row) => row.start),
        page,
      )
    },
    session: async (realm, id) => one(realm, data.sessions, (row) => row.id === id || row.aliases.includes(id)),
    timeline: async (realm, id, page) => {
      const rows = rowsOf(realm, data.calls).filter((row) => row.sessionId === id)
      return pageOf(newestFirst(rows, (row) => row.time).toReversed(), page)
    },
    calls: async (realm, filter, page) => {
      const rows = rowsOf(realm, data.calls)
        .filter((row) => isWithin(row.time, filter))
        .filter((row) => isAsked(filter.session, row.sessionId) && isAsked(filter.agent, row.agent.id, row.agent.name))
        .filter((row) => isAsked(filter.user, row.user.id, row.user.email) && isAsked(filter.tool, row.tool))
        .filter((row) => isAsked(filter.server, row.server) && isAsked(filter.decision, row.decision))
      return pageOf(
        newestFirst(rows, (row) => row.time),
        page,
      )
    },
    call: async (realm, id) => one(realm, data.calls, (row) => row.id === id),
    events: async (realm, filter, page) => {
      const rows = rowsOf(realm, data.events)
        .filter((row) => isWithin(row.time, filter))
        .filter((row) => isAsked(filter.kind, String(row['kind'])) && isAsked(filter.call, String(row['callId'])))
      return pageOf(
        newestFirst(rows, (row) => row.time),
        page,
      )
    },
    event: async (realm, id) => one(realm, data.events, (row) => row.eventId === id),
    payload: async (realm, id) =>
      one(realm, data.events, (row) => row.eventId === id) === null
        ? null
        : { eventId: id, raw: '{}', arguments: '{"repo":"a"}', result: '' },
    findings: async (realm, filter, page) => {
      const rows = rowsOf(realm, data.findings)
        .filter((row) => isWithin(row.time, filter))
        .filter((row) => isAsked(filter.rule, row.ruleId) && isAsked(filter.severity, row.severity))
        .filter((row) => isAsked(filter.state, row.state) && isAsked(filter.status, row.status))
        .filter((row) => isAsked(filter.incident, row.incidentId) && isAsked(filter.session, row.sessionId))
        .filter((row) => isAsked(filter.agent, row.session.agent))
        .filter((row) => filter.shadow === undefined || row.shadow === filter.shadow)
      return pageOf(
        newestFirst(rows, (row) => row.time),
        page,
      )
    },
    finding: async (realm, id) => one(realm, data.findings, (row) => row.id === id),
    action: async (realm, id) => one(realm, data.actions, (row) => row.id === id),
    actions: async (realm, filter, page) => {
      const rows = rowsOf(realm, data.actions)
        .filter((row) => isAsked(filter.finding, row.findingId) && isAsked(filter.incident, row.incidentId))
        .filter((row) => isAsked(filter.target, row.target))
      return pageOf(rows, page)
    },
    commands: async (realm, filter, page) => {
      const rows = rowsOf(realm, data.commands)
        .filter((row) => isWithin(row.time, filter))
        .filter((row) => isAsked(filter.by, row.by) && isAsked(filter.type, row.type))
      return pageOf(
        newestFirst(rows, (row) => row.time),
        page,
      )
    },
    // Whatever is asked finds everything: the language is the store's business.
    search: async (realm, { kinds }, page) => {
      const hits = [
        ...rowsOf(realm, data.calls).map((item) => ({ kind: 'call', id: item.id, time: item.time, item }) as const),
        ...rowsOf(realm, data.findings).map(
          (item) => ({ kind: 'finding', id: item.id, time: item.time, item }) as const,
        ),
      ].filter(({ kind }) => kinds.includes(kind))
      return pageOf(
        newestFirst(hits, (hit) => hit.time),
        page,
      )
    },
    inventory: async (realm, _kind, _filter, page) => pageOf(rowsOf(realm, data.inventory), page),
    deadLetters: async (realm, range, page) => {
      const rows = rowsOf(realm, data.deadLetters).filter((row) => isWithin(row.time, range))
      return pageOf(
        newestFirst(rows, (row) => row.time),
        page,
      )
    },
  }
}

const isAsked = (asked: string | undefined, ...values: readonly string[]): boolean =>
  asked === undefined || values.includes(asked)

const isWithin = (time: string, range: { readonly from: string; readonly to: string }): boolean =>
  (range.from === '' || Date.parse(time) >= Date.parse(range.from)) &&
  (range.to === '' || Date.parse(time) < Date.parse(range.to))

const newestFirst = <T>(rows: readonly T[], timeOf: (row: T) => string): readonly T[] =>
  rows.toSorted((left, right) => timeOf(right).localeCompare(timeOf(left)))

const pageOf = <T>(rows: readonly T[], page: PageRequest): Page<T> => {
  const start = page.cursor === null ? 0 : Number(Buffer.from(page.cursor, 'base64url').toString())
  const end = start + page.limit
  const nextCursor = end < rows.length ? Buffer.from(String(end)).toString('base64url') : null
  return { items: rows.slice(start, end), nextCursor }
}

/** The status of a pipeline in which all is well. */
export const healthyStatus = (): PipelineStatus => ({
  records: { pomerium: { stored: 1842, ignored: 233, duplicate: 12, rejected: 1 } },
  partitions: [{ partition: 0, logEnd: 2091, analysed: 2091, storedThrough: 2090, lagRecords: 0, lagSeconds: 0 }],
  log: { usedBytes: 41_943_040, bytesMax: 2_147_483_648, acceptsRecords: true },
  store: { kind: 'embedded', state: 'up', restarts: 0 },
  space: { usedBytes: 2_000_000, budgetBytes: 80_000_000, isOverBudget: false, removedBytes: { age: 5000 } },
  analyser: {
    watermark: '2026-05-04T10:15:00.000000Z',
    callsLive: 31,
    sessionsLive: 6,
    lateEvents: 0,
    limitsReached: { sessions: 4 },
    lastSnapshotPosition: 2040,
    snapshotPauseMs: 12.5,
    stageSeconds: { decode: 3.5, analyse: 2.25 },
  },
  version: '0.1.0',
  uptimeSeconds: 3720,
})
