import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJson } from '../../../../collectors/formats/parse-json.ts'

describe('parseJson', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (value) => {
        const text = JSON.stringify(value)
        // Doubles outside the safe integers keep their digits as another kind of value, so texts are compared.
        expect(JSON.stringify(parseJson(text))).toBe(JSON.stringify({ kind: 'ok', value: JSON.parse(text) }))
      }),
    )
  })

  it('finds a key that is there twice, wherever it is and however it is spelled', () => {
    const reject = (text: string): string => {
      const parsed = parseJson(text)
      return parsed.kind === 'rejected' ? parsed.reason : parsed.kind
    }
    expect(reject('{"a":1,"a":2}')).toBe('key "a" appears twice in one object')
    expect(reject('{"x":[{"b":{}},{"c":1,"c" : 2}]}')).toBe('key "c" appears twice in one object')
    expect(reject('{"a":1,"\\u0061":2}')).toBe('key "a" appears twice in one object')
    expect(reject('{"a" :1,"b":{"b":1,"b":2}}')).toBe('key "b" appears twice in one object')
  })

  it('is not deceived by text that looks like a key', () => {
    for (const text of [
      '{"a":"\\"a\\":1","b":":"}',
      '{"a":[{"x":1},{"x":2}],"x":3}',
      '{"a":"{\\"a\\":1,\\"a\\":2}"}',
    ]) {
      expect(parseJson(text).kind).toBe('ok')
    }
  })

  it('keeps digits', () => {
    const text =
      '{"envoy-route-checksum":18178244035061794335,"route-checksum":18178244035061794335,"n":[9007199254740993,0.12345678901234567890,1e400,12]}'
    const parsed = parseJson(text)
    expect(JSON.stringify(parsed.kind === 'ok' ? parsed.value : parsed)).toBe(text)
  })

  it('gives Pomerium’s checksums as text where they are the only long numbers', () => {
    expect(parseJson('{"route-checksum":18178244035061794335}')).toEqual({
      kind: 'ok',
      value: { 'route-checksum': '18178244035061794335' },
    })
  })

  it('has a limit of depth', () => {
    const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
    expect(parseJson(nested(64)).kind).toBe('ok')
    expect(parseJson(nested(65))).toEqual({ kind: 'rejected', reason: 'nested deeper than 64 levels' })
  })
})
