import { expect, it } from 'vitest'
import { compiledDecisionEvent } from '../../../collectors/formats/decision-event.ts'
import { AgenttrailError } from '../../../src/errors.ts'
import type { RecordBatch } from '../../../src/ingest/transport.ts'
import { emptyRequest } from '../../../src/respond/decision/decision-request.ts'
import { DenialRecorder } from '../../../src/run/denial-recorder.ts'
import { makeRevocation } from '../../fakes/revocations.ts'

const request = { ...emptyRequest, mcpSessionId: 'mcp-1', credential: 'token-1', tool: 'search', jsonrpcId: 7 }
const denied = { isAllowed: false, why: 'revoked', revocation: makeRevocation() } as const

const makeRecorder = (refusals: number) => {
  const batches: RecordBatch[] = []
  let refused = 0
  const recorder = new DenialRecorder({
    append: async (batch) => {
      refused += 1
      if (refused <= refusals) throw new AgenttrailError('AGT_LOG_FULL', 'full')
      batches.push(batch)
      return { partition: 0, offset: batches.length }
    },
    now: () => new Date('2026-11-24T08:00:00Z'),
    log: { warn: () => undefined },
  })
  const events = () =>
    batches.flatMap(({ body }) => Buffer.from(body).toString().split('\n')).map((line) => JSON.parse(line) as unknown)
  return { recorder, batches, events }
}

it('records a denial as a decision event that names the action and its subject, and no credential', async () => {
  const { recorder, batches, events } = makeRecorder(0)
  recorder.record(request, denied)
  await recorder.stop()
  expect(batches[0]).toMatchObject({ realm: 'default', format: 'agenttrail', records: 1, identity: 'batch' })
  expect(events()).toMatchObject([
    {
      product: 'agenttrail',
      layer: 'gateway',
      decision: 'deny',
      policyId: 'a-1',
      principal: { userId: 'u1' },
      session: { mcpSessionId: 'mcp-1' },
      request: { tool: 'search', jsonrpcId: 7 },
      result: { outcome: 'denied' },
    },
  ])
  expect(compiledDecisionEvent.safeParse(events()[0]).success).toBe(true)
  expect(JSON.stringify(events())).not.toContain('token-1')
})

it('keeps denials while the log is full', async () => {
  const { recorder, events } = makeRecorder(1)
  recorder.record(request, denied)
  await expect.poll(() => events().length, { timeout: 5_000 }).toBe(1)
  await recorder.stop()
})

it('keeps realms apart, and makes no denial of what a dry run lets pass', async () => {
  const { recorder, batches, events } = makeRecorder(0)
  recorder.record(request, { ...denied, isAllowed: true })
  recorder.record({ ...request, realm: 'prod' }, denied)
  await recorder.stop()
  expect(batches.map(({ realm }) => realm)).toEqual(['default', 'prod'])
  expect(events()).toMatchObject([{ decision: 'not_evaluated', result: { outcome: 'unknown' } }, { decision: 'deny' }])
})
