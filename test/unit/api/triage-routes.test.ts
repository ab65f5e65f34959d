import { expect, test } from 'vitest'
import type { Judgement } from '../../../src/api/triage-routes.ts'
import { makeFindingShape } from '../../fakes/finding-shape.ts'
import { openApi } from './open-api.ts'

const judged: Judgement[] = []
const patch = async (payload: object, id = 'f-1') => {
  judged.length = 0
  const api = await openApi({
    judge: async (judgement) => {
      judged.push(judgement)
      const { findingId, status = 'open', note = '' } = judgement
      return findingId === 'f-1' ? makeFindingShape({ status, note }) : null
    },
  })
  const response = await api.inject({ url: `/api/v1/findings/${id}?realm=prod`, method: 'PATCH', payload })
  await api.close()
  return response
}

test('a judgement goes on with who made it, and what was left out stays open', async () => {
  const response = await patch({ status: 'falsePositive' })
  expect([response.statusCode, response.json().status]).toEqual([200, 'falsePositive'])
  expect(judged).toEqual([
    { realm: 'prod', findingId: 'f-1', status: 'falsePositive', note: undefined, by: 'operator' },
  ])
  await patch({ note: 'seen by mira' })
  expect(judged[0]).toMatchObject({ status: undefined, note: 'seen by mira' })
})

test.each([
  [{}, 'status'],
  [{ status: 'closed' }, 'status'],
  [{ status: 'open', note: 5 }, 'note'],
  [{ status: 'open', by: 'somebody' }, 'by'],
])('%j is refused', async (body, name) => {
  const response = await patch(body)
  expect(response.statusCode).toBe(400)
  expect(response.json().problems).toEqual([expect.objectContaining({ in: 'body', name })])
  expect(judged).toEqual([])
})

test('404 for a finding that is not there', async () => {
  expect((await patch({ status: 'open' }, 'f-2')).statusCode).toBe(404)
})
