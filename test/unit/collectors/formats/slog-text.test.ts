import { expect, it } from 'vitest'
import { readSlogText } from '../../../../collectors/formats/slog-text.ts'

const head = 'time=2026-08-22T10:00:01.000Z level=INFO msg="tool call"'
const pairsIn = (pairs: string): unknown => {
  const read = readSlogText(`${head} ${pairs}`)
  return read?.kind === 'ok' ? read.value : read?.reason
}

it('reads pairs, quoted or not', () => {
  expect(pairsIn('audit=true tool="x status=200" user="" status=404')).toEqual({
    time: '2026-08-22T10:00:01.000Z',
    level: 'INFO',
    msg: 'tool call',
    audit: 'true',
    tool: 'x status=200',
    user: '',
    status: '404',
  })
})

it('reads what Go escapes', () => {
  expect(pairsIn(String.raw`a="\"q\" \\ \t\n\a\x1b\u00e9\U0001f600"`)).toMatchObject({
    a: '"q" \\ \t\n\u0007\u001bé😀',
  })
})

it.each([
  ['audit=true audit=false', 'key "audit" appears twice in one line'],
  ['audit', 'not key=value pairs'],
  ['audit="open', 'not key=value pairs'],
  ['a=b  c=d', 'not key=value pairs'],
])('refuses %j', (pairs, reason) => {
  expect(pairsIn(pairs)).toBe(reason)
})

it('cannot be made to lose a key', () => {
  expect(Object.entries(pairsIn('__proto__=a') as object)).toContainEqual(['__proto__', 'a'])
})

it.each(['', 'time=1 msg=x', 'level=INFO time=1 msg=x', '{"time":1}'])('leaves %j alone', (line) => {
  expect(readSlogText(line)).toBeUndefined()
})
