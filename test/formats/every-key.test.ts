import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSecretName } from '../../src/event/is-secret-name.ts'
import { decodeText } from './decode-text.ts'
import { fixtureFiles, fixtureLines } from './fixtures.ts'

// Goal: whatever a record of any format holds is mapped or kept in `attributes`.
// Method: in each fixture line some texts are replaced and some keys added, each with a marker of its own, so that known
// keys are seen with unexpected values and unknown ones at every depth; if the record is still read, all markers are found.

const runs = process.env['AGENTTRAIL_LONG'] === '1' ? 5000 : 300

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** Which members change: one number per decision, used in the order in which the walk meets them. */
const plantMarkers = (value: Json, picks: readonly number[]) => {
  const markers: string[] = []
  let met = 0
  const pick = (): number => picks[met++ % picks.length] ?? 0
  const marker = (): string => {
    const text = `mark${markers.length}q${met}`
    markers.push(text)
    return text
  }
  const changed = (node: Json, name: string): Json => {
    const oftenness = typeof node === 'string' ? 25 : 5
    return pick() < oftenness && !isSecretName(name) ? marker() : node
  }
  const walk = (node: Json, name: string): Json => {
    if (Array.isArray(node)) return node.map((item) => walk(item, name))
    if (typeof node !== 'object' || node === null) return changed(node, name)
    const copy = Object.fromEntries(
      Object.entries(node).map(([key, child]) => [key, walk(child, isSecretName(name) ? name : nameOf(key, node))]),
    )
    if (pick() < 25) copy[`x-added-${met}`] = marker()
    if (pick() < 10) copy[`x-inner-${met}`] = { 'a.b': [marker(), { c: marker() }] }
    return copy
  }
  return { record: walk(value, ''), markers }
}

/** A pair written as `{"key":…,"value":…}` names its value by its key. */
const nameOf = (key: string, node: { readonly [key: string]: Json }): string =>
  key === 'value' && typeof node['key'] === 'string' ? node['key'] : key

/** Names too: what a record has as a value may be the name of an attribute. */
const texts = (value: unknown): readonly string[] =>
  typeof value === 'object' && value !== null ? Object.entries(value).flat().flatMap(texts) : [String(value)]

describe.each([...new Set(fixtureFiles().map(({ format }) => format))])('%s', (format) => {
  const lines = fixtureLines(format)
    .filter((line) => line.startsWith('{'))
    .filter((line) => decodeText(line, { format })[0]?.outcome === 'ok')

  it('keeps every key of a record that it reads', () => {
    let read = 0
    fc.assert(
      fc.property(
        fc.constantFrom(...lines),
        fc.array(fc.nat({ max: 99 }), { minLength: 40, maxLength: 80 }),
        (line, picks) => {
          const { record, markers } = plantMarkers(JSON.parse(line) as Json, picks)
          const [decoded] = decodeText(JSON.stringify(record), { format })
          if (decoded?.outcome !== 'ok') return
          read += 1
          const found = texts(decoded.events).join('\n')
          // What a format sealed as a session's token is in neither.
          for (const marker of markers) if (decoded.raw.includes(marker)) expect(found).toContain(marker)
        },
      ),
      { numRuns: runs },
    )
    expect(read).toBeGreaterThan(runs / 10)
  })
})
