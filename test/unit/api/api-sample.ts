import type { FakeData } from '../../fakes/read-model.ts'
import { sampleData } from '../../fakes/sample-data.ts'

const nowMs = Date.parse('2026-05-04T10:15:00Z')
/** Something of everything that the API lists. */
export const apiSample = (): FakeData => {
  const data = sampleData(nowMs)
  data.events.push({ eventId: 'e1', time: data.calls[0]?.time ?? '', kind: 'decision', callId: data.calls[0]?.id })
  data.inventory.push({
    id: 'agent-1',
    name: 'agent one',
    firstSeen: '2026-05-04T10:00:00.000000Z',
    lastSeen: '2026-05-04T10:05:00.000000Z',
    calls: 5,
    denies: 1,
    failures: 0,
    sessions: 2,
    owner: 'mira@acme.test',
    agents: ['agent-1'],
    users: ['mira@acme.test'],
    tools: ['search'],
    servers: ['github'],
    usual: { callsPerDay: 5, hours: Array(24).fill(0), durationP50Ms: 12.5, durationP95Ms: null },
    findings: 0,
  })
  data.commands.push({
    id: 'c-1',
    time: '2026-05-04T10:00:00.000000Z',
    by: 'token:mira',
    type: 'read',
    target: '',
    detail: { endpoint: 'GET /api/v1/calls', query: '', times: 1 },
  })
  data.deadLetters.push({
    recordId: 'r.1',
    time: '2026-05-04T10:00:00.000000Z',
    source: 's',
    format: 'pomerium',
    sourcePosition: 7,
    reason: 'not JSON',
    raw: '{',
    rawBytes: 1,
  })
  return data
}
