import { describe, expect, test } from 'vitest'
import { createHostCheck } from '../../../src/api/host-check.ts'

describe('createHostCheck', () => {
  test('refuses a request without a host', () => {
    expect(() => createHostCheck('127.0.0.1')({})).toThrow(expect.objectContaining({ status: 421 }))
    expect(() => createHostCheck('127.0.0.1')({ host: '' })).toThrow(expect.objectContaining({ status: 421 }))
  })

  test('accepts the configured name', () => {
    expect(() => createHostCheck('agenttrail.test')({ host: 'agenttrail.test:9470' })).not.toThrow()
    expect(() => createHostCheck('127.0.0.1')({ host: 'agenttrail.test:9470' })).toThrow()
  })
})
