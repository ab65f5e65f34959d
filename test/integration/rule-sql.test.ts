import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CallFact } from '../../src/detect/call-fact.ts'
import { parseRules } from '../../src/detect/parse-rules.ts'
import { findingsOf } from '../../src/detect/run-rule-tests.ts'
import { readTestCalls } from '../../src/detect/test-calls.ts'
import { loadCheckedRuleFiles } from '../../src/run/load-rules.ts'
import { callOfFact } from '../fakes/call-of-fact.ts'
import { findingText, historyFindings } from '../fakes/history-findings.ts'
import { openTestStore, type TestStore } from '../fakes/test-store.ts'

/*
 * Goal: a rule means the same as SQL over stored calls as it does in the stream.
 * Method: the calls of every test that a shipped rule has are stored, each test in a realm of its own; the rule's
 * query over them gives the findings that the detector makes of them.
 */
const { rules } = parseRules(loadCheckedRuleFiles('./rules'))
const cases = rules.flatMap((rule) =>
  [...rule.tests.fires, ...rule.tests.quiet].map((test) => {
    const realm = `${rule.id}/${test.name}`
    const calls = readTestCalls(test.calls, rule.tools).calls.map((call): CallFact => ({ ...call, realm }))
    return { rule, realm, calls }
  }),
)

describe('the SQL of shipped rules, over the calls of their tests', () => {
  let store: TestStore
  beforeAll(async () => {
    store = await openTestStore()
    await store.store((sink) => {
      for (const { calls } of cases) for (const call of calls) sink.call(callOfFact(call), 1)
    })
  }, 120_000)
  afterAll(() => store.close())

  for (const rule of rules) {
    it(`${rule.id} finds what the stream finds`, async () => {
      const own = cases.filter((each) => each.rule === rule)
      const stream = own.flatMap(({ calls }) => findingsOf(rule, calls))
      const realms = own.map(({ realm }) => realm)
      const history = await historyFindings(store.client, rule, realms)
      expect(history.map(findingText).sort()).toEqual(stream.map(findingText).sort())
      expect(stream.length).toBeGreaterThan(0)
    }, 60_000)
  }
})
