import { describe, expect, it } from 'vitest'
import { parseRules } from '../../../src/detect/parse-rules.ts'
import { runRuleTests } from '../../../src/detect/run-rule-tests.ts'
import { shippedRules } from '../../fakes/rules.ts'

const { rules, problems } = parseRules(shippedRules())

describe('the shipped rules', () => {
  it('are right, and many', () => {
    expect(problems).toEqual([])
    expect(rules.length).toBeGreaterThanOrEqual(24)
    expect(rules.filter((rule) => rule.state === 'off')).toEqual([])
  })

  it.each(rules.map((rule) => [rule.id, rule] as const))('%s does what its own tests ask for', (_id, rule) => {
    expect(rule.tests.fires.length).toBeGreaterThanOrEqual(3)
    expect(rule.tests.quiet.length).toBeGreaterThanOrEqual(3)
    expect(runRuleTests(rule).filter((result) => result.failure !== null)).toEqual([])
  })

  it.each(rules.map((rule) => [rule.id, rule] as const))(
    '%s says what it is about and when it is wrong',
    (_id, rule) => {
      expect(rule.tags.filter((tag) => /^owasp\.(asi|mcp)\d\d$/.test(tag))).not.toEqual([])
      expect(rule.tags.filter((tag) => /^atlas\.aml\.t\d{4}(\.\d{3})?$/.test(tag))).not.toEqual([])
      expect(rule.falsePositives).not.toEqual([])
      expect(rule.description).not.toBe('')
      expect(rule.response).not.toEqual([])
      // Nothing leaves on a weak sign: what revokes is sure.
      if (rule.response.includes('revoke')) expect(rule.confidenceMilli).toBeGreaterThanOrEqual(900)
    },
  )
})
