import { describe, expect, test } from 'vitest'
import { visible, visibleParts } from '../../../console/src/visible.ts'

describe('visible', () => {
  test.each([
    ['delete_branch', 'delete_branch'],
    ['größe 雪 🙂', 'größe 雪 🙂'],
    ['a\u202Eb', 'a<U+202E>b'],
    ['\u0000\u001b[31m', '<U+0000><U+001B>[31m'],
    ['zero\u200Bwidth\uFEFF', 'zero<U+200B>width<U+FEFF>'],
    ['tag\u{E0041}', 'tag<U+E0041>'],
    ['line\nbreak', 'line<U+000A>break'],
    ['', ''],
  ])('%j', (text, expected) => {
    expect(visible(text)).toBe(expected)
  })

  test('says which parts were unseen', () => {
    expect(visibleParts('a\u2066b')).toEqual([
      { text: 'a', isUnseen: false },
      { text: 'U+2066', isUnseen: true },
      { text: 'b', isUnseen: false },
    ])
  })
})
