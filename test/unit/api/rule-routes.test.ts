import { describe, expect, it } from 'vitest'
import { ruleShapes } from '../../../src/run/rule-shapes.ts'
import { shippedRule } from '../../fakes/rules.ts'
import { openApi } from './open-api.ts'

const get = async (path: string) => {
  const api = await openApi({ rules: ruleShapes([shippedRule('deny-burst')]) })
  const response = await api.inject({ url: path })
  await api.close()
  return { status: response.statusCode, body: response.json() as Record<string, unknown> }
}

describe('the rules over the API', () => {
  it('are listed without their files', async () => {
    const { status, body } = await get('/api/v1/rules')
    expect(status).toBe(200)
    expect(body['nextCursor']).toBeNull()
    const [rule] = body['items'] as Record<string, unknown>[]
    expect(rule).toMatchObject({ id: 'deny-burst', state: 'active', severity: 'high', response: ['flag', 'revoke'] })
    expect(rule).not.toHaveProperty('source')
  })

  it('are shown one by one with their file', async () => {
    const { status, body } = await get('/api/v1/rules/deny-burst')
    expect(status).toBe(200)
    expect(body['source']).toBe(shippedRule('deny-burst').text)
  })

  it('are not made up', async () => {
    const { status, body } = await get('/api/v1/rules/no-such-rule')
    expect(status).toBe(404)
    expect(body['code']).toBe('AGT_NOT_FOUND')
  })
})
