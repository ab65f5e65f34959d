import { describe, expect, test } from 'vitest'
import type { CommandOutcome, OperatorCommand } from '../../../src/api/response-control.ts'
import { createFakeResponse, sampleResponse } from '../../fakes/response-control.ts'
import { sampleData } from '../../fakes/sample-data.ts'
import { openApi } from './open-api.ts'

const [flagged] = sampleData(Date.parse('2026-05-04T10:15:00Z')).actions
if (flagged === undefined) throw new Error('the sample has an action')

interface Posted {
  readonly body?: object
  readonly key?: string
  readonly answer?: Partial<CommandOutcome>
}

const post = async (url: string, { body, key, answer = { actions: [flagged] } }: Posted = {}) => {
  const received: OperatorCommand[] = []
  const api = await openApi({ response: createFakeResponse(() => answer, received) })
  const headers = key === undefined ? {} : { 'idempotency-key': key }
  const response = await api.inject({ method: 'POST', url, headers, ...(body === undefined ? {} : { payload: body }) })
  await api.close()
  return { response, received }
}

describe('commands on a session', () => {
  test('are taken with reason, end, realm and key, and answered with the action', async () => {
    const { response, received } = await post('/api/v1/sessions/s1/revoke?realm=prod', {
      body: { reason: 'hijacked', ttlSeconds: 60, dryRun: true },
      key: 'k1',
    })
    expect(response.statusCode).toBe(202)
    expect(response.json()).toEqual(flagged)
    expect(received).toEqual([
      {
        realm: 'prod',
        type: 'revoke',
        target: 'session:s1',
        reason: 'hijacked',
        ttlMs: 60_000,
        isDryRun: true,
        idempotencyKey: 'k1',
        by: 'operator',
      },
    ])
  })

  test.each(['agent:triage', 'user:mira@example.com', 'tool:delete_repository', 'session:s1'])(
    'may be on %s',
    async (target) => {
      const { response, received } = await post('/api/v1/actions', { body: { type: 'revoke', target, dryRun: true } })
      expect(response.statusCode).toBe(202)
      expect(received).toMatchObject([{ type: 'revoke', target, isDryRun: true, ttlMs: null }])
    },
  )

  test.each([
    [{ type: 'revoke', target: 's1' }, 'target: use session:<id>, agent:<id>, user:<id> or tool:<name>'],
    [{ type: 'revoke', target: 'mcp:token' }, 'target: use session:<id>'],
    [{ type: 'flag', target: 'agent:triage' }, 'target: only a session can be flagged'],
    [{ type: 'page', target: 'agent:triage' }, 'type: use flag, revoke or restore'],
  ])('on anything else are refused: %j', async (body, detail) => {
    const { response, received } = await post('/api/v1/actions', { body })
    expect(response.statusCode).toBe(400)
    expect(response.json().detail).toContain(detail)
    expect(received).toEqual([])
  })

  test('need no body', async () => {
    const { response, received } = await post('/api/v1/sessions/s1/flag')
    expect(response.statusCode).toBe(202)
    expect(received[0]).toMatchObject({ type: 'flag', reason: '', ttlMs: null, isDryRun: false, idempotencyKey: null })
  })

  test('of several actions taken back the one that weighs most is the answer', async () => {
    const revoked = { ...flagged, id: 'a-2', kind: 'revoke' }
    const { response } = await post('/api/v1/sessions/s1/restore', { answer: { actions: [flagged, revoked] } })
    expect(response.json().id).toBe('a-2')
  })

  test.each([
    [{ ttlSeconds: 0 }, 'ttlSeconds: at least one second'],
    [{ ttlSeconds: 1.5 }, 'ttlSeconds: use whole seconds'],
    [{ reason: 7 }, 'reason: use text'],
    [{ dryrun: true }, 'dryrun: not known here'],
    [{ reason: 'x'.repeat(1025) }, 'reason: too long'],
  ])('%j is refused and nothing is sent', async (body, detail) => {
    const { response, received } = await post('/api/v1/sessions/s1/revoke', { body })
    expect(response.statusCode).toBe(400)
    expect(response.json()).toMatchObject({ code: 'AGT_REQUEST_INVALID', detail })
    expect(received).toEqual([])
  })

  test('on a session that is not known, or where there is nothing to take back: 404', async () => {
    const unknown = await post('/api/v1/sessions/s1/revoke', { answer: { kind: 'unknownSession' } })
    expect(unknown.response.statusCode).toBe(404)
    expect(unknown.response.json().detail).toContain('no session "s1"')
    const nothing = await post('/api/v1/sessions/s1/restore', { answer: { actions: [] } })
    expect(nothing.response.json()).toMatchObject({ status: 404, code: 'AGT_NOT_FOUND' })
  })

  test('under a key of another command: 409', async () => {
    const { response } = await post('/api/v1/sessions/s1/revoke', { key: 'k1', answer: { kind: 'conflict' } })
    expect(response.statusCode).toBe(409)
  })

  test('from a page of another site: refused', async () => {
    const received: OperatorCommand[] = []
    const api = await openApi({ response: createFakeResponse(() => ({}), received) })
    const headers = { origin: 'https://elsewhere.example' }
    const response = await api.inject({ method: 'POST', url: '/api/v1/sessions/s1/revoke', headers })
    await api.close()
    expect(response.statusCode).toBe(403)
    expect(received).toEqual([])
  })
})

test('pause and resume answer how the response stands', async () => {
  const { response, received } = await post('/api/v1/response/pause', { body: { reason: 'rule gone wild' } })
  expect(response.statusCode).toBe(202)
  expect(response.json()).toEqual(sampleResponse)
  expect(received[0]).toMatchObject({ type: 'pause', reason: 'rule gone wild', target: '' })
})
