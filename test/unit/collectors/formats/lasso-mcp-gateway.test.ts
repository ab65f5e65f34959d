import { expect, it } from 'vitest'
import { lassoMcpGateway } from '../../../../collectors/formats/lasso-mcp-gateway.ts'
import { readEvent, readRecord } from './read-event.ts'

const record = (changed: Readonly<Record<string, unknown>> = {}): object => ({
  server_name: 'files',
  capability_type: 'tool',
  capability_name: 'read_file',
  path: '/tmp/a',
  isError: false,
  call_id: 'c-1',
  content_type: 'text',
  content_text: 'hello',
  ...changed,
})

it.each([
  [false, 'success'],
  [true, 'tool_error'],
  [undefined, 'unknown'],
  ['yes', 'unknown'],
])('isError %j is %s, and never a decision', (isError, outcome) => {
  expect(readEvent(lassoMcpGateway, record({ isError }))).toMatchObject({ outcome, decision: 'not_evaluated' })
})

it("takes what is not the gateway's own for the arguments", () => {
  expect(readEvent(lassoMcpGateway, record({ encoding: 'utf8' }))).toMatchObject({
    method: 'tools/call',
    tool: 'read_file',
    server: 'files',
    arguments: '{"path":"/tmp/a","encoding":"utf8"}',
    result: '{"content_type":"text","content_text":"hello"}',
  })
})

it.each([
  ['prompt', 'prompts/get'],
  ['resource', 'resources/read'],
])('names the target of a %s', (capability_type, method) => {
  expect(readEvent(lassoMcpGateway, record({ capability_type }))).toMatchObject({
    method,
    resource: 'read_file',
    tool: '',
  })
})

it('counts as begun when it came in, unless it says when', () => {
  expect(readEvent(lassoMcpGateway, record()).timeUs).toBe(1_787_400_000_000_000)
  expect(readEvent(lassoMcpGateway, record({ timestamp: '2026-08-22T10:00:01.250Z' })).timeUs).toBe(
    Date.UTC(2026, 7, 22, 10, 0, 1, 250) * 1000,
  )
})

it('lets no argument be the id by which redeliveries are told', () => {
  expect(readRecord(lassoMcpGateway, record()).vendorId).toBe('')
})

it('says which kinds it reads', () => {
  expect(() => readEvent(lassoMcpGateway, record({ capability_type: 'constructor' }))).toThrow(
    'rejected: capability_type',
  )
})
