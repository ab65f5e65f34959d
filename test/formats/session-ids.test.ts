import { describe, expect, it } from 'vitest'
import { decodeText } from './decode-text.ts'
import { fixtureFiles, fixtureLines } from './fixtures.ts'

// Goal: no gateway's record leaves a client's MCP session id anywhere in what may be stored.
// Method: the fixtures' sessions have these ids; each is looked for in everything that decoding gives, and where one was,
// there is its keyed hash.

const ids = ['8f2b6c1e-4d0a-4b57-9a1f-0c7d2e9b1a44', '9a3b6c1e-4d0a-4b57-9a1f-0c7d2e9b1a45'] as const
const holding = (text: string): readonly string[] => ids.filter((id) => text.includes(id))

const linesOf = (format: string): readonly string[] =>
  fixtureLines(format).filter((line) => holding(line).length > 0 && decodeText(line, { format })[0]?.outcome === 'ok')

const formats = [...new Set(fixtureFiles().map(({ format }) => format))].filter((format) => linesOf(format).length > 0)

describe.each(formats)('%s', (format) => {
  it.each(linesOf(format))('%s', (line) => {
    const [decoded] = decodeText(line, { format })
    expect(holding(JSON.stringify(decoded))).toEqual([])
    expect(decoded?.raw).toContain('hmac:k1:')
  })
})

it('looks into several formats', () => {
  expect(formats.length).toBeGreaterThan(2)
})
