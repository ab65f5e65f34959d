import { expect, test } from 'vitest'
import { displayWidth, fitWidth } from '../../../src/cli/display-width.ts'
import { visible } from '../../../src/cli/visible.ts'

test.each([
  ['a terminal escape', '\u001b[2Jgone', '<U+001B>[2Jgone'],
  ['a line feed', 'a\nb', 'a<U+000A>b'],
  ['a tab', 'a\tb', 'a<U+0009>b'],
  ['a C1 control', '\u009b31m', '<U+009B>31m'],
  ['a bidi override', 'txt.\u202eexe', 'txt.<U+202E>exe'],
  ['a bidi isolate', '\u2067x\u2069', '<U+2067>x<U+2069>'],
  ['a zero-width space', 'ad\u200bmin', 'ad<U+200B>min'],
  ['tag characters', 'x\u{e0041}', 'x<U+E0041>'],
  ['a lone surrogate', 'x\ud800', 'x<U+D800>'],
  ['an interlinear annotation', 'a\ufff9b', 'a<U+FFF9>b'],
  ['a Hangul filler', 'x\u3164', 'x<U+3164>'],
])('writes out %s', (_, text, shown) => {
  expect(visible(text)).toBe(shown)
})

test('leaves what can be read alone', () => {
  const text = 'naïve 日本語 emoji 🎉 Ω <b>bold</b> – “quotes”'
  expect(visible(text)).toBe(text)
})

test.each([
  ['ascii', 'abc', 3],
  ['accents', 'naïve', 5],
  ['combining accents', 'nai\u0308ve', 5],
  ['wide characters', '日本語', 6],
  ['an emoji', '🎉', 2],
  ['a family, which is one emoji', '👨‍👩‍👧', 2],
  ['nothing', '', 0],
])('measures %s', (_, text, width) => {
  expect(displayWidth(text)).toBe(width)
})

test('cuts at a character’s end, within the width', () => {
  expect(fitWidth('日本語', 5)).toBe('日本…')
  expect(fitWidth('日本語', 4)).toBe('日…')
  expect(fitWidth('abcdef', 4)).toBe('abc…')
  expect(fitWidth('abcd', 4)).toBe('abcd')
})
