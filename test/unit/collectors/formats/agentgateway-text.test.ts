import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readAgentgatewayText } from '../../../../collectors/formats/agentgateway-text.ts'
import { decodeText } from '../../../formats/decode-text.ts'

const head = '2026-08-22T10:00:00.930000Z\tinfo\trequest '
const start = 'gateway=default/default src.addr=10.1.4.23:51234 http.method=POST http.status=200 '
const read = (pairs: string) => readAgentgatewayText(`${head}${pairs}`)

it('gives what the JSON form gives', () => {
  const pairs = {
    'jwt.sub': 'auth0|alice',
    protocol: 'mcp',
    'mcp.method.name': 'tools/call',
    'mcp.target': 'github',
    'gen_ai.tool.name': 'delete_repo',
    'mcp.session.id': 'c2Vzc2lvbi9vbmUr+A/x4g==',
    error: 'mcp: Unknown tool: github_delete_repo',
    reason: 'MCP',
    duration: '2ms',
  }
  const text = Object.entries(pairs).map(([key, value]) => `${key}=${key === 'error' ? JSON.stringify(value) : value}`)
  const json = {
    level: 'info',
    time: '2026-08-22T10:00:00.930000Z',
    scope: 'request',
    gateway: 'default/default',
    'src.addr': '10.1.4.23:51234',
    'http.method': 'POST',
    'http.status': 200,
    ...pairs,
  }
  const decode = (line: string) => decodeText(line)[0]?.events[0]
  const fromText = decode(`${head}${start}${text.join(' ')}`)
  expect(fromText).toMatchObject({ decision: 'deny', tool: 'delete_repo', httpStatus: 200 })
  expect({ ...fromText, eventId: '' }).toEqual({ ...decode(JSON.stringify(json)), eventId: '' })
})

it('reads quoted values whole', () => {
  expect(read('error="mcp: \\"x\\" reason=no" reason=MCP')).toMatchObject({
    error: 'mcp: "x" reason=no',
    reason: 'MCP',
  })
  expect(read('error="never closed reason=MCP')).toMatchObject({ error: '"never closed', reason: 'MCP' })
})

it('believes no identity that follows what a client wrote', () => {
  expect(read('jwt.sub=alice gen_ai.tool.name=x jwt.sub=root duration=2ms')).toMatchObject({
    'jwt.sub': 'alice',
    'added.jwt.sub': 'root',
  })
  const forged = read('mcp.method.name=tools/call gen_ai.tool.name=x jwt.sub=root src.addr=127.0.0.1:1')
  expect(forged).not.toHaveProperty(['jwt.sub'])
  expect(forged).not.toHaveProperty(['src.addr'])
})

it('believes the last of what the gateway writes at the end', () => {
  const line = read(
    'gen_ai.tool.name=x reason=Upstream error=none error="mcp: Unknown tool: x" reason=MCP duration=2ms',
  )
  expect(line).toMatchObject({ error: 'mcp: Unknown tool: x', reason: 'MCP', 'added.reason': 'Upstream' })
})

it('keeps the keys that an operator added apart', () => {
  const line = read('connection.id=1 jwt.sub=alice user.email=a@example.com gen_ai.tool.call.arguments={"q":"a b"}')
  expect(line).toMatchObject({
    'jwt.sub': 'alice',
    'added.connection.id': '1',
    'added.user.email': 'a@example.com',
    'added.gen_ai.tool.call.arguments': '{"q":"a b"}',
  })
  expect(line).not.toHaveProperty(['user.email'])
})

it('cannot be made to lose a key', () => {
  expect(read('__proto__=a constructor=b constructor=c')).toMatchObject({
    'added.__proto__': 'a',
    'added.constructor': 'b c',
  })
})

it('loses no word, whatever the pairs', () => {
  const key = fc.constantFrom('jwt.sub', 'gen_ai.tool.name', 'reason', 'error', 'duration', 'user.email', 'x', '')
  const between = fc.constantFrom('=', '="', '', ' ', '==')
  fc.assert(
    fc.property(fc.array(fc.tuple(key, between), { maxLength: 12 }), (pieces) => {
      const line = read(pieces.map(([name, sign], at) => `${name}${sign}word${at}`).join(' '))
      const kept = Object.entries(line ?? {})
        .flat()
        .join(' ')
      for (const at of pieces.keys()) expect(kept).toMatch(new RegExp(`word${at}(?!\\d)`))
    }),
    { numRuns: 500 },
  )
})

it.each([
  ['proxy::gateway\tstarted bind', 'agentgateway::proxy::gateway'],
  ['agent_core::readiness\tdone', 'agent_core::readiness'],
  ['app\tserving', 'app'],
])('gives the module of %j', (text, scope) => {
  expect(readAgentgatewayText(`2026-08-22T10:00:00.930000Z\tinfo\t${text}`)).toMatchObject({ scope })
})

it.each(['', 'hello', '2026-08-22T10:00:00Z stdout F {}', '2026-08-22T10:00:00Z\tINFO\trequest a=b'])(
  'leaves %j alone',
  (text) => {
    expect(readAgentgatewayText(text)).toBeUndefined()
  },
)

it("does not take another Rust or Istio program's line for one of its own", () => {
  const [decoded] = decodeText('2026-08-22T10:00:00.930000Z\tinfo\tads\tPush triggered')
  expect(decoded).toMatchObject({ outcome: 'rejected', reason: 'no format recognises this record' })
})
