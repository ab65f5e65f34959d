import { describe, expect, it } from 'vitest'
import { emptyEvent } from '../../src/event/event.ts'
import { decodeText } from './decode-text.ts'
import { fixtureFiles, fixtureLines } from './fixtures.ts'

// Goal: a word of a record that is the name of a member which every object has (`constructor`) stays a word.
// Method: each text of each fixture line in turn becomes such a word; every field keeps the type that it has for all events.

const words = ['constructor', '__proto__']
const typeOf = (value: unknown): string => {
  if (value === null) return 'number'
  if (!Array.isArray(value)) return typeof value
  return value.every((item) => typeof item === 'string') ? 'texts' : 'list'
}
const types = Object.fromEntries(Object.entries(emptyEvent()).map(([field, value]) => [field, typeOf(value)]))

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** The value with its text number `at` replaced, `undefined` if it has fewer. */
const replaceText = (value: Json, at: number, word: string): Json | undefined => {
  let met = -1
  const walk = (node: Json): Json => {
    if (Array.isArray(node)) return node.map(walk)
    if (typeof node === 'object' && node !== null)
      return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, walk(child)]))
    if (typeof node !== 'string') return node
    met += 1
    return met === at ? word : node
  }
  const replaced = walk(value)
  return met < at ? undefined : replaced
}

/** Every version of a line that has one of its texts replaced. */
const changedLines = (line: string): readonly string[] =>
  words.flatMap((word) => {
    const changed: string[] = []
    for (let at = 0; ; at += 1) {
      const value = replaceText(JSON.parse(line) as Json, at, word)
      if (value === undefined) return changed
      changed.push(JSON.stringify(value))
    }
  })

describe.each([...new Set(fixtureFiles().map(({ format }) => format))])('%s', (format) => {
  const lines = fixtureLines(format).filter((line) => line.startsWith('{') && decodeText(line)[0]?.outcome === 'ok')

  it('takes no word for more than a word', () => {
    const fields = decodeText(lines.flatMap(changedLines).join('\n'), { format }).flatMap(({ events }) =>
      events.flatMap((event) => Object.entries(event)),
    )
    // What may be a number may also be absent.
    const wrong = fields.filter(([field, found]) => typeOf(found) !== types[field] && types[field] !== 'number')
    expect([...new Set(wrong.map(([field]) => field))]).toEqual([])
    expect(fields.length).toBeGreaterThan(1000)
  })
})
