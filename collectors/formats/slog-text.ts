import type { JsonObject } from '../../src/ingest/format.ts'
import { type Outcome, ok, rejected } from '../../src/ingest/outcome.ts'

const head = /^time=\S{1,64} level=[A-Z]{1,8}(?:[+-]\d{1,4})? msg=/
const pair = /([^\s="]{1,128})=("(?:[^"\\]|\\.)*"|[^\s"]*)(?: |$)/y
const escaped = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/g
const control: Readonly<Record<string, string>> = { a: '\u0007', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

/**
 * A line of Go's `log/slog` text handler as its JSON handler would write it, with every value as text; `undefined` for any
 * other text. The handler quotes whatever could be mistaken for another pair, so this is exact.
 */
export const readSlogText = (line: string): Outcome<JsonObject> | undefined => {
  if (!head.test(line)) return undefined
  const fields = new Map<string, string>()
  let at = 0
  while (at < line.length) {
    pair.lastIndex = at
    const match = pair.exec(line)
    if (match === null) return rejected('not key=value pairs')
    const [all, key = '', value = ''] = match
    if (fields.has(key)) return rejected(`key ${JSON.stringify(key)} appears twice in one line`)
    fields.set(key, value.startsWith('"') ? unquote(value.slice(1, -1)) : value)
    at += all.length
  }
  return ok(Object.fromEntries(fields))
}

const unquote = (text: string): string =>
  text.replace(escaped, (_all, byte?: string, short?: string, long?: string, plain?: string) => {
    if (plain !== undefined) return control[plain] ?? plain
    const code = Number.parseInt(byte ?? short ?? long ?? '', 16)
    return code <= 0x10ffff ? String.fromCodePoint(code) : '\uFFFD'
  })
