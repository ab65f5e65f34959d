import { describe, expect, test } from 'vitest'
import { makeFindingShape } from '../../../fakes/finding-shape.ts'
import { createFakeReadModel, emptyData } from '../../../fakes/read-model.ts'
import { openApi } from '../open-api.ts'

// Goal: a file holds every row once, whatever its number, in a form that other tools read and that runs nothing in them.

const rowsTotal = 2_500
const range = 'from=2026-05-01T00:00:00Z&to=2026-06-01T00:00:00Z'
const sample = () => {
  const data = emptyData()
  for (let i = 0; i < rowsTotal; i += 1) data.findings.push(makeFindingShape({ id: `f-${i}`, calls: ['c-1', 'c-2'] }))
  data.findings[0] = makeFindingShape({
    id: 'f-0',
    note: '=cmd|" /c calc"!A1',
    ruleTitle: 'a, "b"\nc',
    severity: 'critical',
  })
  data.events.push({
    eventId: 'e-1',
    time: '2026-05-04T10:00:00.000000Z',
    kind: 'decision',
    product: 'pomerium',
    method: 'tools/call',
    tool: 'delete_repository',
    decision: 'deny',
    outcome: 'denied',
    userEmail: 'mira@acme.test',
    clientAddress: '198.51.100.7',
    attributes: { a: '1' },
  })
  return data
}
const get = async (path: string, data = sample()) => {
  const api = await openApi({ readModel: createFakeReadModel(data) })
  const response = await api.inject({ url: `/api/v1/export/${path}` })
  await api.close()
  return response
}

describe('an export', () => {
  test('as NDJSON is every row as the API shows it', async () => {
    const response = await get(`findings?${range}`)
    expect(response.headers['content-disposition']).toBe('attachment; filename="agenttrail-findings.ndjson"')
    const rows = response.body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rowsTotal)
    expect(rows[1]).toEqual(makeFindingShape({ id: 'f-1', calls: ['c-1', 'c-2'] }))
  })

  test('as CSV has one head, one line a row, and no formula', async () => {
    const response = await get(`findings?${range}&format=csv`)
    expect(response.headers['content-type']).toBe('text/csv; charset=utf-8')
    expect(response.body.match(/incidentId/g)).toHaveLength(1)
    expect(response.body).toContain('session.explicitId,session.agent,session.user')
    expect(response.body).toContain(`"a, ""b""\nc"`)
    expect(response.body).toContain(`"'=cmd|"" /c calc""!A1"`)
    // The title of the first has a line of its own.
    expect(response.body.split('\r\n')).toHaveLength(rowsTotal + 2)
    expect(response.body).toContain('"[""c-1"",""c-2""]"')
  })

  test('as OCSF is Detection Findings and API Activity', async () => {
    const [first] = (await get(`findings?${range}&format=ocsf`)).body.split('\n')
    expect(JSON.parse(first ?? '')).toMatchObject({
      class_uid: 2004,
      type_uid: 200401,
      time: Date.UTC(2026, 4, 4, 10),
      severity_id: 5,
      finding_info: { uid: 'f-0', analytic: { uid: 'deny-burst' } },
    })
    expect(JSON.parse((await get(`events?${range}&format=ocsf`)).body)).toMatchObject({
      class_uid: 6003,
      status_id: 2,
      action_id: 2,
      actor: { user: { name: 'mira@acme.test' } },
      api: { operation: 'delete_repository' },
      metadata: { uid: 'e-1', product: { name: 'pomerium' } },
    })
  })

  test('narrows as the list does', async () => {
    const rows = (await get(`findings?${range}&severity=critical`)).body.trimEnd().split('\n')
    expect(rows).toHaveLength(1)
    expect((await get(`findings?${range}&format=xml`)).statusCode).toBe(400)
  })

  test('of nothing is an empty file, of a store that is away a refusal', async () => {
    expect((await get('events', emptyData())).body).toBe('')
    expect((await get('events', { ...emptyData(), isStoreUp: false })).statusCode).toBe(503)
  })
})
