import { mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadKeys } from '../../../src/run/keys.ts'

const freshDir = (): string => mkdtempSync(join(tmpdir(), 'keys-'))

describe('loadKeys', () => {
  test('makes two different random keys that only the owner may read', () => {
    const dataDir = join(freshDir(), 'data')
    const keys = loadKeys(dataDir)
    expect(keys.token.key).toHaveLength(32)
    expect(Buffer.from(keys.token.key).equals(Buffer.from(keys.recordHash.key))).toBe(false)
    const names = readdirSync(join(dataDir, 'keys')).sort()
    expect(names).toEqual(['record-hash.json', 'token-hash.json'])
    for (const name of names) expect(statSync(join(dataDir, 'keys', name)).mode & 0o777).toBe(0o600)
    expect(loadKeys(freshDir()).token).not.toEqual(keys.token)
  })

  test('gives the same keys ever after', () => {
    const dataDir = freshDir()
    expect(loadKeys(dataDir)).toEqual(loadKeys(dataDir))
  })

  test.each(['', 'not json', '{"keyId":"a","key":"c2hvcnQ="}'])(
    'leaves a broken file alone and says so: %s',
    (content) => {
      const dataDir = freshDir()
      loadKeys(dataDir)
      const path = join(dataDir, 'keys', 'token-hash.json')
      writeFileSync(path, content)
      expect(() => loadKeys(dataDir)).toThrow(expect.objectContaining({ code: 'AGT_DATA_DIR_UNUSABLE' }))
    },
  )
})
