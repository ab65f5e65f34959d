import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadConfig } from '../../../src/config.ts'
import { Revocations } from '../../../src/respond/revocations.ts'
import { createLevers } from '../../../src/run/create-levers.ts'
import { policyOf } from '../../../src/run/policy-of.ts'

let dir: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'agenttrail-levers-'))
})

afterEach(() => rmSync(dir, { recursive: true }))

const configWith = (settings: object) => {
  const file = join(dir, 'agenttrail.yaml')
  writeFileSync(file, JSON.stringify(settings))
  return loadConfig({ env: {}, file })
}

const secretFile = (text: string): string => {
  const path = join(dir, 'secret')
  writeFileSync(path, text)
  return path
}

const leversOf = (settings: object) =>
  createLevers({ config: configWith(settings), revocations: new Revocations(), pomerium: null, now: Date.now })

it('makes every lever that the policy may choose, under the name that it chooses it by', () => {
  const url = 'http://127.0.0.1:1/'
  const file = secretFile(Buffer.from('sixteen bytes or more').toString('base64'))
  const tokens = [{ agent: 'ci', tokenFile: join(dir, 'later') }]
  const settings = {
    levers: [
      { type: 'oauth', url, clientId: 'agenttrail', clientSecretFile: file, tokens },
      { type: 'webhook', url, secretFile: file },
      { type: 'decision-service' },
    ],
    pages: [{ type: 'webhook', url, secretFile: file }],
  }
  const names = leversOf(settings).map(({ name }) => name)
  const chosen = policyOf(configWith(settings)).levers.map(({ name }) => name)
  expect(chosen).toEqual(['oauth-revocation', 'revocation-webhook', 'decision-service'])
  expect(names).toEqual(expect.arrayContaining(chosen))
  expect(new Set(names).size).toBe(names.length)
})

it('says at the start where a secret cannot be used', () => {
  const url = 'http://127.0.0.1:1/'
  const missing = { levers: [{ type: 'webhook', url, secretFile: join(dir, 'none') }] }
  expect(() => leversOf(missing)).toThrow(/The secret of the lever webhook in .*none cannot be read: ENOENT/)
})

it('wants to know where Pomerium is, if it is a lever', () => {
  expect(() => configWith({ levers: [{ type: 'pomerium' }] })).toThrow(/levers: pomerium is one of them/)
})
