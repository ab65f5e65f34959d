import { describe, expect, it } from 'vitest'
import { decodeText } from './decode-text.ts'
import { fixtureFiles, fixtureLines } from './fixtures.ts'

// Goal: no gateway's record leaves a client's MCP session id anywhere in what may be stored, dead letters included.
// Method: the fixtures' sessions have these ids; each is looked for in everything that decoding gives, and where one was,
// there is its keyed hash, or a mark.

const ids = ['8f2b6c1e-4d0a-4b57-9a1f-0c7d2e9b1a44', '9a3b6c1e-4d0a-4b57-9a1f-0c7d2e9b1a45'] as const
const holding = (text: string): readonly string[] => ids.filter((id) => text.includes(id))

const linesOf = (format: string): readonly string[] => fixtureLines(format).filter((line) => holding(line).length > 0)

const formats = [...new Set(fixtureFiles().map(({ format }) => format))].filter((format) => linesOf(format).length > 0)

describe.each(formats)('%s', (format) => {
  it.each(linesOf(format))('%s', (line) => {
    const [decoded] = decodeText(line, { format })
    expect(holding(JSON.stringify(decoded))).toEqual([])
    expect(decoded?.raw).toMatch(/hmac:k1:|\[redacted:/)
  })
})

it('looks into several formats', () => {
  expect(formats.length).toBeGreaterThan(2)
})

const [id] = ids

it.each([
  ['refused', `{"time":5,"session_id":"${id}"}`],
  ['no JSON', `{"sessionID" : "${id}", oops`],
  ['cut off', `{"mcp.session.id":"${id}`],
  ['wrapped', JSON.stringify({ log: JSON.stringify({ mcp_session_id: id }), stream: 'stdout', time: 'x' })],
])('a record that is %s leaves none in its dead letter', (_name, line) => {
  const [decoded] = decodeText(line, { format: 'obot' })
  expect(decoded?.outcome).not.toBe('ok')
  expect(JSON.stringify(decoded)).not.toContain(id)
})
