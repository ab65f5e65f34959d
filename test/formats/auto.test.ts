import { describe, expect, it } from 'vitest'
import { formats } from '../../collectors/registry.ts'
import { decodeText } from './decode-text.ts'
import { fixtureFiles, fixtureLines } from './fixtures.ts'

// Goal: `auto` gives each record to the format that it is of, whatever stands beside it, and no two formats claim one.
// Method: every fixture line of every format, alone and as one mixed stream; those that no format can read are left out.

const samples = [...new Set(fixtureFiles().map(({ format }) => format))].flatMap((format) =>
  fixtureLines(format)
    .filter((line) => decodeText(line, { format })[0]?.outcome === 'ok')
    .map((line) => ({ format, line })),
)

describe.each([...new Set(samples.map(({ format }) => format))])('%s', (format) => {
  const own = samples.filter((sample) => sample.format === format).map(({ line }) => line)

  it('is recognised in each of its lines', () => {
    expect(own.filter((line) => decodeText(line)[0]?.format !== format)).toEqual([])
  })

  it('claims no line of another', () => {
    const alone = formats.filter(({ name }) => name === format)
    const others = samples.filter((sample) => sample.format !== format)
    expect(others.filter(({ line }) => decodeText(line, { formats: alone })[0]?.format === format)).toEqual([])
  })
})

it('tells the lines of a mixed stream apart', () => {
  // Neighbours are of different formats, as where several containers share one stream.
  const mixed = [...samples].sort((a, b) => (samples.indexOf(a) % 7) - (samples.indexOf(b) % 7))
  const decoded = decodeText(mixed.map(({ line }) => line).join('\n'))
  expect(decoded.map(({ format }) => format)).toEqual(mixed.map(({ format }) => format))
})

it('has samples of every format', () => {
  expect([...new Set(samples.map(({ format }) => format))].sort()).toEqual(formats.map(({ name }) => name).sort())
})
