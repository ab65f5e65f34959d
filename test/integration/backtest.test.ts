import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../../src/cli/run-cli.ts'
import { createBacktest } from '../../src/run/backtest.ts'
import { makeFact } from '../fakes/call-facts.ts'
import { callOfFact } from '../fakes/call-of-fact.ts'
import { fakeIo } from '../fakes/cli-io.ts'
import { rulesOf } from '../fakes/rules.ts'
import { openTestStore, type TestStore } from '../fakes/test-store.ts'
import { openApi } from '../unit/api/open-api.ts'

const now = new Date('2026-11-24T12:00:00Z')
const minuteUs = 60_000_000

const ruleText = (name: string, extra = ''): string => `title: ${name}
name: ${name}
level: high
correlation: { type: event_count, rules: [denied], timespan: 10m, condition: { gte: 3 } }
agenttrail:
  sentence: "{who} was refused {count} times."
${extra}`
const rules = rulesOf(`${ruleText('denies')}---
${ruleText('cheap', '  budget: { rows: 1, seconds: 60 }\n')}---
${ruleText('roomy', '  budget: { rows: 1000, seconds: 60 }\n')}---
title: Processes
name: processes
logsource: { category: process_creation, product: windows }
detection: { selection: { Image: x }, condition: selection }
---
title: denied
name: denied
logsource: { category: agent_activity }
detection: { selection: { decision: deny }, condition: selection }
`)

/** Three denies over the end of a slice's day and bucket, and three a day before. */
const times = ['2026-11-22T23:58:00Z', '2026-11-22T23:59:30Z', '2026-11-23T00:01:00Z', '2026-11-20T08:01:00Z']

describe('backtests over a store', () => {
  let store: TestStore
  let api: FastifyInstance
  let url = ''
  beforeAll(async () => {
    store = await openTestStore()
    const starts = times.map((time) => Date.parse(time) * 1000)
    const last = starts.at(-1) ?? 0
    await store.store((sink) => {
      for (const timeUs of [...starts, last + minuteUs, last + 2 * minuteUs])
        sink.call(callOfFact(makeFact({ timeUs })), 1)
      // The last of these can still change.
      for (const before of [5, 4, 1])
        sink.call(callOfFact(makeFact({ timeUs: now.getTime() * 1000 - before * minuteUs })), 1)
    })
    const backtest = createBacktest({ client: store.client, rules, now: () => now, latenessMs: 120_000 })
    api = await openApi({ backtest, now: () => now })
    url = await api.listen({ host: '127.0.0.1', port: 0 })
  }, 60_000)
  afterAll(async () => {
    await api.close()
    await store.close()
  })

  const run = async (...args: string[]) => {
    const io = fakeIo({ env: { AGENTTRAIL_URL: url }, now })
    const code = await runCli(['rules', 'backtest', ...args], io)
    return { code, out: io.out(), err: io.err() }
  }

  it('say what a rule would have found and what that cost', async () => {
    const { code, out, err } = await run('denies')
    expect(code).toBe(0)
    expect(out).toContain('Agent for mira@example.com was refused 3 times.')
    expect(err).toMatch(
      /^2 findings from 2026-11-17T12:00:00\.000000Z to 2026-11-24T11:58:00\.000000Z, [\d,]+ rows read in/m,
    )
  })

  it('give the same findings however a range is cut', async () => {
    const idsOf = async (from: string, to: string): Promise<readonly string[]> => {
      const { out } = await run('denies', '--from', from, '--to', to, '--json')
      return JSON.parse(out).findings.map((finding: { id: string }) => finding.id)
    }
    const whole = await idsOf('2026-11-01T00:00:00Z', '2026-11-24T00:00:00Z')
    expect(whole).toHaveLength(2)
    expect(await idsOf('2026-11-20T00:00:00Z', '2026-11-23T18:00:00Z')).toEqual(whole)
    expect(await idsOf('2026-11-20T00:00:00Z', '2026-11-23T00:00:00Z')).toEqual(whole.slice(0, 1))
  })

  it('fail where they cost more than the budget of the rule', async () => {
    const { code, err } = await run('cheap', '--from', '2026-11-20T00:00:00Z')
    expect(code).toBe(1)
    expect(err).toContain("The rule's budget is exceeded")
    expect(await run('roomy', '--from', '2026-11-20T00:00:00Z')).toMatchObject({ code: 0 })
  })

  it('say of a rule about something else that it cannot be answered', async () => {
    const { code, err } = await run('processes')
    expect(code).toBe(1)
    expect(err).toContain('Not evaluable')
  })

  it('refuse what makes no sense', async () => {
    expect(await run('no-such-rule')).toMatchObject({ code: 1, err: expect.stringContaining('no-such-rule') })
    expect(await run()).toMatchObject({ code: 2 })
    const answer = await api.inject({
      method: 'POST',
      url: '/api/v1/rules/denies/backtest',
      payload: { from: 'yesterday', until: 'now' },
    })
    expect(answer.statusCode).toBe(400)
    expect(answer.json().problems.map((each: { in: string; name: string }) => `${each.in} ${each.name}`)).toEqual([
      'body from',
      'body until',
    ])
  })
})
