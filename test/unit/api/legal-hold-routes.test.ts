import { expect, test } from 'vitest'
import type { LegalHold } from '../../../src/api/legal-hold-routes.ts'
import { openApi } from './open-api.ts'

const held: LegalHold[] = []
const post = async (payload: object, id = 's-1') => {
  held.length = 0
  const api = await openApi({
    holdSession: async (hold) => {
      held.push(hold)
      return hold.sessionId === 's-1'
    },
  })
  const response = await api.inject({ url: `/api/v1/sessions/${id}/legal-hold?realm=prod`, method: 'POST', payload })
  await api.close()
  return response
}

test('a hold goes on with who asked for it and why', async () => {
  const response = await post({ isHeld: true, reason: 'case 7' })
  expect([response.statusCode, response.json()]).toEqual([
    200,
    { sessionId: 's-1', isHeld: true, reason: 'case 7', by: 'operator' },
  ])
  expect(held).toEqual([{ realm: 'prod', sessionId: 's-1', isHeld: true, reason: 'case 7', by: 'operator' }])
})

test.each([
  [{ isHeld: true }, 'reason'],
  [{ isHeld: true, reason: '' }, 'reason'],
  [{ reason: 'case 7' }, 'isHeld'],
])('%j is refused', async (body, name) => {
  const response = await post(body)
  expect(response.statusCode).toBe(400)
  expect(response.json().problems).toEqual([expect.objectContaining({ in: 'body', name })])
  expect(held).toEqual([])
})

test('404 for a session that is not there', async () => {
  expect((await post({ isHeld: false, reason: 'closed' }, 's-2')).statusCode).toBe(404)
})
