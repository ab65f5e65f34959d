import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { enforceRules, writeEnforceRules } from '../../../../src/cli/demo/enforce-rules.ts'
import { parseRules } from '../../../../src/detect/parse-rules.ts'

it('has one rule that may revoke at once, and two that wait', () => {
  const { rules, problems } = parseRules(enforceRules)
  expect(problems).toEqual([])
  expect(rules.map(({ id, isEager, response }) => [id, isEager, response])).toEqual([
    ['demo-refused-administration', true, ['flag', 'revoke']],
    ['demo-refused-queries', false, ['flag', 'revoke']],
    ['demo-unjudged-exports', false, ['flag', 'revoke']],
  ])
})

it('keeps them in a directory of their own while the server reads them', () => {
  const { dir, remove } = writeEnforceRules()
  expect(readdirSync(dir).sort()).toEqual(enforceRules.map(({ name }) => name).sort())
  remove()
  expect(() => readdirSync(dir)).toThrow(/ENOENT/)
})
