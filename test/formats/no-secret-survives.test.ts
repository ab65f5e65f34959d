import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeText } from './decode-text.ts'
import { fixtureLines } from './fixtures.ts'

// Goal: no credential and no MCP session id of a record is in anything that may be stored.
// Method: what the fixtures hold of both is collected from their text, and looked for in everything that decoding gives.

const live = join(import.meta.dirname, '../fixtures/pomerium-live')
const names = readdirSync(live).filter((name) => name.endsWith('.jsonl') && !name.includes('otlp'))

const sessionIds = (text: string): readonly string[] =>
  [...text.matchAll(/"mcp-session-id":"([^"]+)"/gi)].map((match) => match[1] ?? '')

/** OAuth codes and states, encrypted sessions, signatures: replaced by this in the fixtures. */
const dummies = /(?:code|state|pomerium_session_encrypted|pomerium_signature)(?:=|%(?:25)*3D)dummy-dummy/

describe.each(names)('%s', (name) => {
  const text = readFileSync(join(live, name), 'utf8')

  it('holds none of its secrets any more', () => {
    const stored = JSON.stringify(decodeText(text, { format: 'pomerium' }))
    expect(sessionIds(text).filter((id) => stored.includes(id))).toEqual([])
    expect(stored).not.toMatch(dummies)
  })
})

it('looks for something', () => {
  const all = names.map((name) => readFileSync(join(live, name), 'utf8')).join('\n')
  expect(new Set(sessionIds(all)).size).toBeGreaterThan(10)
  expect(all).toMatch(dummies)
})

/** The keys that hold one in the samples of other vendors, as JSON, as `key=value`, and in a path. */
const otherIds = /(?:"mcp[._]session[._]id":"|mcp\.session\.id=|[?&]sessionId=)([^" &]{7,})/g

describe.each(['agentgateway', 'envoy-ai-gateway', 'kuadrant-mcp-gateway'])('%s', (format) => {
  it('holds no session id any more', () => {
    const lines = fixtureLines(format)
    const ids = lines.map((text) => [...text.matchAll(otherIds)].map((match) => match[1] ?? ''))
    expect(ids.flat().length).toBeGreaterThan(5)
    const stored = lines.map((text) => JSON.stringify(decodeText(text, { format })))
    expect(lines.filter((_text, at) => ids[at]?.some((id) => stored[at]?.includes(id)))).toEqual([])
  })
})

const line = (extra: object): string =>
  JSON.stringify({
    level: 'info',
    service: 'authorize',
    'request-id': 'r-1',
    'mcp-method': 'tools/call',
    'mcp-tool': 'list_issues',
    allow: true,
    deny: false,
    ...extra,
    time: '2026-11-24T07:51:48Z',
    message: 'authorize check',
  })

const session = '126bdab5-ab25-4d24-a605-ee9a6e18207f'
const headers = { 'Mcp-Session-Id': session }

it.each([
  ['in arguments', line({ headers, 'mcp-tool-parameters': { note: `session ${session}!` } })],
  ['in JSON within a string', line({ headers, body: JSON.stringify({ deep: { id: session } }) })],
  ['in an unknown key', line({ headers, later: [session] })],
  [
    'spelled with escapes',
    line({ headers, later: 'SPELL' }).replace('SPELL', `\\u00${session.charCodeAt(0).toString(16)}${session.slice(1)}`),
  ],
  [
    'in a container wrapper',
    JSON.stringify({ log: `${line({ headers, later: session })}\n`, stream: 'stdout', time: '2026-11-24T07:51:48Z' }),
  ],
  ['under two spellings of the header', line({ headers: { ...headers, 'mcp-session-id': session } })],
])('a session id %s does not survive', (_where, record) => {
  const [decoded] = decodeText(record)
  expect(decoded?.outcome).toBe('ok')
  expect(decoded?.events[0]?.mcpSessionId).toMatch(/^hmac:k1:[0-9a-f]{32}$/)
  // Parsed, so that escapes cannot hide it.
  expect(JSON.stringify([JSON.parse(decoded?.raw ?? ''), decoded?.events])).not.toContain(session)
})

it.each(['list_issues', 'tools/call', 'e', 'r-1'])('a client that calls its session %s hides nothing', (id) => {
  const [decoded] = decodeText(
    line({ headers: { 'Mcp-Session-Id': id }, 'mcp-tool-parameters': { note: 'the evidence' } }),
  )
  expect(decoded?.events[0]).toMatchObject({
    method: 'tools/call',
    tool: 'list_issues',
    arguments: '{"note":"the evidence"}',
  })
})

it('a session token that is a JWT is hashed, not just blotted out', () => {
  const jwt = (payload: string): string => `eyJhbGciOiJIUzI1NiJ9.${payload}.c2lnbmF0dXJl`
  const [one] = decodeText(line({ headers: { 'Mcp-Session-Id': jwt('b25lb25lb25l') } }))
  const [two] = decodeText(line({ headers: { 'Mcp-Session-Id': jwt('dHdvdHdvdHdv') } }))
  expect(one?.events[0]?.mcpSessionId).toMatch(/^hmac:k1:/)
  expect(one?.events[0]?.mcpSessionId).not.toBe(two?.events[0]?.mcpSessionId)
  expect(one?.raw).not.toContain('eyJ')
})
