import type { ActionShape, ReadModel } from '../../api/read-model.ts'
import { milestonesOf } from '../../respond/milestones.ts'
import type { ActionTransition } from '../../respond/rows.ts'
import type { StoreClient } from '../client.ts'
import { asked, type Clause, microsRange, ofRealm, readOne, readPage } from './page.ts'
import { sessionIds } from './sessions.ts'
import { rfcTime, rfcTimeOfMs } from './times.ts'

interface ActionColumns {
  readonly id: string
  readonly incident_id: string
  readonly finding_id: string
  readonly kind: string
  readonly target: string
  readonly lever: string
  readonly state: string
  readonly reason: string
  readonly by: string
  readonly expires_at: string | null
  readonly is_evidence_pending: boolean
  readonly transitions: string
}

const columns =
  'id, incident_id, finding_id, kind, target, lever, state, reason, `by`, expires_at, is_evidence_pending, transitions'

/** From the beginning: actions are few, and asked for by what they belong to. */
const everSince = { from: '1970-01-01T00:00:00Z', to: '' }

const sessionTarget = 'session:'

export type ActionReader = Pick<ReadModel, 'action' | 'actions'>

export const createActionReader = (client: StoreClient, now: () => Date): ActionReader => ({
  action: async (realm, id) => {
    const clauses = [ofRealm(realm), { sql: 'id = {id:String}', params: { id } }]
    const row = await readOne<ActionColumns>(client, { table: 'actions', columns, clauses })
    return row === null ? null : actionShape(row)
  },
  actions: async (realm, filter, page) => {
    const { items, nextCursor } = await readPage<ActionColumns>(
      client,
      {
        table: 'actions',
        columns,
        timeColumn: 'first_written',
        idColumn: 'id',
        order: 'newestFirst',
        clauses: [
          ofRealm(realm),
          // An action is made once for its incident; later findings of the incident name it too.
          ...asked('finding', filter.finding, `finding_id = {finding:String} OR id IN ${actionsOfFinding}`),
          ...asked('incident', filter.incident, 'incident_id = {incident:String}'),
          ...targetClauses(filter.target),
        ],
        range: microsRange(everSince, now()),
      },
      page,
    )
    return { items: items.map(actionShape), nextCursor }
  },
})

const actionsOfFinding =
  '(SELECT arrayJoin(actions) FROM agent_findings WHERE realm = {realm:String} AND id = {finding:String})'

/** A session that was joined into another keeps what was done to it under its earlier id. */
const targetClauses = (target: string | undefined): readonly Clause[] => {
  if (target === undefined) return []
  if (!target.startsWith(sessionTarget)) return asked('target', target, 'target = {target:String}')
  return [
    {
      sql: `startsWith(target, '${sessionTarget}') AND substring(target, ${sessionTarget.length + 1}) IN ${sessionIds}`,
      params: { session: target.slice(sessionTarget.length) },
    },
  ]
}

const actionShape = (row: ActionColumns): ActionShape => {
  const transitions = JSON.parse(row.transitions) as ActionTransition[]
  return {
    id: row.id,
    incidentId: row.incident_id,
    findingId: row.finding_id,
    kind: row.kind,
    target: row.target,
    lever: row.lever,
    state: row.state,
    reason: row.reason,
    by: row.by,
    expiresAt: row.expires_at === null ? null : rfcTime(row.expires_at),
    evidencePending: row.is_evidence_pending,
    transitions: transitions.map(({ state, timeMs, detail }) => ({ state, time: rfcTimeOfMs(timeMs), detail })),
    msTo: milestonesOf(transitions),
  }
}
