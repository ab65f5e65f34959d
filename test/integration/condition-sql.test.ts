import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CallFact } from '../../src/detect/call-fact.ts'
import { factFields } from '../../src/detect/call-fields.ts'
import type { Condition } from '../../src/detect/sigma/ast.ts'
import { compileCondition } from '../../src/detect/sigma/compile-condition.ts'
import { ruleSql } from '../../src/detect/sql/rule-sql.ts'
import type { RuleSqlRow } from '../../src/detect/sql/sql-findings.ts'
import { makeFact } from '../fakes/call-facts.ts'
import { callOfFact } from '../fakes/call-of-fact.ts'
import { queryRule } from '../fakes/history-findings.ts'
import { makeLayer } from '../fakes/rows.ts'
import { ruleOf } from '../fakes/rules.ts'
import { openTestStore, type TestStore } from '../fakes/test-store.ts'
import { Random } from '../simulation/random.ts'

/** What a detection may ask; one name for each. */
const selections: Readonly<Record<string, string>> = {
  equals: '{ tool: Delete_Repository }',
  equalsNothing: "{ tool: '' }",
  nullText: '{ tool: null }',
  nullNumber: '{ httpStatus: null }',
  nullList: '{ layers.reasons: null }',
  any: "{ httpStatus: '*' }",
  one: '{ tool: "get_?" }',
  wildcards: '{ tool: "*_*e*" }',
  cased: '{ tool|cased: GET_é }',
  contains: "{ resource|contains: '50%' }",
  containsMeta: "{ resource|contains: 'a.b(c)[d]' }",
  containsQuote: `{ resource|contains: "it's" }`,
  containsBackslash: "{ resource|contains: 'C:\\temp' }",
  containsGlobMeta: "{ resource|contains: 'x.?(*)' }",
  startswith: '{ resource|startswith: https }',
  endswith: "{ resource|endswith: '\\' }",
  all: '{ resource|contains|all: [line, two] }',
  neq: '{ decision|neq: deny }',
  windash: "{ resource|windash|contains: ' -exec' }",
  base64: "{ resource|base64|contains: 'run me' }",
  base64offset: "{ resource|base64offset|contains: 'run me' }",
  wide: "{ resource|wide|base64offset|contains: 'run' }",
  regex: "{ resource|re: '^line.one$' }",
  regexDotAll: "{ resource|re|s: '^line.two' }",
  regexLines: "{ resource|re|m: '^two$' }",
  regexFolded: "{ tool|re|i: '^GET_' }",
  cidr4: '{ client.address|cidr: 10.0.0.0/8 }',
  cidr6: '{ client.address|cidr: "2001:db8::/32" }',
  exists: '{ httpStatus|exists: true }',
  missing: '{ tool|exists: false }',
  number: '{ httpStatus: 403 }',
  numberOfText: '{ jsonrpcId: 5 }',
  gte: '{ jsonrpcId|gte: 5 }',
  lt: '{ durationMs|lt: 1.5 }',
  gt: '{ httpStatus|gt: 399 }',
  lte: '{ jsonrpcId|lte: -3.5 }',
  textOfNumber: "{ httpStatus|startswith: '4' }",
  minute: '{ time|minute: 30 }',
  hour: '{ time|hour|gte: 22 }',
  day: '{ time|day: 1 }',
  week: '{ time|week: 53 }',
  month: '{ time|month|lt: 3 }',
  year: '{ time|year: 2027 }',
  sameField: '{ user.id|fieldref: user.email }',
  sameStart: '{ user.email|fieldref|startswith: user.id }',
  sameEnd: '{ toolExposed|fieldref|endswith: tool }',
  sameWithin: '{ toolExposed|fieldref|contains: tool }',
  sameCased: '{ toolExposed|fieldref|cased: tool }',
  sameList: '{ disagreements|fieldref|contains: errorType }',
  list: '{ disagreements: denied_behind_proxy }',
  listContains: '{ layers.reasons|contains: guard }',
  layer: '{ proxy.decision: allow }',
  layerMissing: '{ gateway.decision: null }',
  layerProduct: '{ layers.product: kong }',
  agent: "{ agent: '\\?claude' }",
  principal: '{ principal|exists: true }',
  keyword: '[needle]',
  keywords: "{ '|all': [needle, 'reach*deny'] }",
  keywordRegex: "{ '|re': 'need.e$' }",
  several: '[{ tool: get_1 }, { decision: deny, httpStatus: 403 }]',
}

const names = Object.keys(selections)
/** A correlation tells at most 30 inputs apart, which is what the hits of its query say. */
const rulesMax = 30
const ruleOfNames = (some: readonly string[]) =>
  ruleOf(`title: conditions
name: conditions
correlation:
  type: event_count
  rules: [${some.join(', ')}]
  group-by: [id]
  timespan: 1s
  condition: { gte: 1 }
${some
  .map(
    (name) => `---
title: ${name}
name: ${name}
logsource: { category: agent_activity }
detection:
  selection: ${selections[name]}
  condition: selection
`,
  )
  .join('')}`)

const resources = [
  '',
  'https://example.com/50%25',
  'HTTPS://x',
  'a.b(c)[d]',
  "it's",
  'C:\\temp\\',
  'c:\\TEMP',
  'x.?(*)',
  'x.y(z)',
  'line\none',
  'line one',
  'line\ntwo',
  'LINE two\nthree',
  'two',
  'tool /exec —exec',
  'cmd –exec',
  Buffer.from('please run me now').toString('base64'),
  Buffer.from('run me').toString('base64'),
  Buffer.from('a run b', 'utf16le').toString('base64'),
  'a needle here',
  'Needle',
  'NEEDXE',
]
const tools = [
  '',
  'delete_repository',
  'DELETE_REPOSITORY',
  'get_1',
  'get_é',
  'GET_É',
  'GET_é',
  'get_😀',
  'get_12',
  'create_issue',
]
const addresses = [
  '',
  '10.1.2.3',
  '010.1.2.3',
  '11.0.0.1',
  '2001:db8::1',
  '2001:DB8:0::2',
  '::ffff:10.0.0.1',
  '10.1',
  'proxy',
]
const ids = ['', '5', ' 5 ', '5.0', '4.9', '-3.5', '-4', '1e3', '.5', '5.', 'abc', '5x', '+7', '--1']
const people = ['', 'mira', 'mira@example.com', 'MIRA', 'jonas']
const times = [
  '2026-12-31T22:30:00Z',
  '2027-01-01T00:00:00Z',
  '2027-01-03T23:59:59.999Z',
  '2027-02-28T12:30:59Z',
  '2026-06-15T21:59:00Z',
]

const randomFact = (random: Random, at: number): CallFact => {
  const layers = Array.from({ length: random.between(0, 4) }, () =>
    makeLayer({
      layer: random.pick(['proxy', 'gateway', 'server', 'trace']),
      product: random.pick(['', 'kong', 'pomerium']),
      kind: random.pick(['decision', 'access']),
      decision: random.pick(['allow', 'deny', 'not_evaluated']),
      reasons: random.pick([[], ['guardrail'], ['', 'domain-ok', 'needle']]),
      policyId: random.pick(['', 'p-1']),
    }),
  )
  const tool = random.pick(tools)
  return makeFact({
    id: `call-${String(at).padStart(4, '0')}`,
    timeUs: Date.parse(random.pick(times)) * 1000 + random.between(0, 1_000_000),
    tool,
    toolExposed: random.pick([tool, `server__${tool}`, tool.toUpperCase(), `${tool}_v2`, '']),
    resource: random.pick(resources),
    decision: random.pick(['allow', 'deny', 'not_evaluated']),
    httpStatus: random.pick([null, 200, 403, 404]),
    durationUs: random.pick([null, 0, 1499, 1500, 1501, 2_000_000]),
    jsonrpcId: random.pick(ids),
    clientAddress: random.pick(addresses),
    agentId: random.pick(['', 'agent-1']),
    clientName: random.pick(['', 'claude', 'Claude']),
    userId: random.pick(people),
    userEmail: random.pick(people),
    errorType: random.pick(['', 'proxy', 'denied_behind_proxy,reached']),
    disagreements: random.pick([[], ['denied_behind_proxy'], ['denied_behind_proxy', 'reached_upstream_after_deny']]),
    layers,
  })
}

/*
 * Goal: SQL says of every call what the stream's closures say, for every modifier and form of a detection.
 * Method: random calls with awkward values are stored; the bits of a rule's hits tell which of its inputs each call is.
 */
describe('conditions over stored calls', () => {
  const random = new Random(11)
  const facts = Array.from({ length: 400 }, (_, at) => randomFact(random, at))
  let store: TestStore
  beforeAll(async () => {
    store = await openTestStore()
    await store.store((sink) => {
      for (const fact of facts) sink.call(callOfFact(fact), 1)
    })
  }, 60_000)
  afterAll(() => store.close())

  for (let from = 0; from < names.length; from += rulesMax) {
    const some = names.slice(from, from + rulesMax)
    it(`${some[0]} to ${some.at(-1)}`, async () => {
      const rule = ruleOfNames(some)
      const rows = await queryRule<RuleSqlRow>(store.client, ruleSql(rule), ['default'])
      const maskOf = new Map(rows.flatMap((row) => row.p.map((hit) => [hit.id, hit.mask] as const)))
      for (const [input, name] of some.entries()) {
        const matches = compileCondition(rule.correlation.inputs[input]?.source as Condition, factFields)
        const expected = facts.filter(matches).map((fact) => fact.id)
        const found = facts.filter((fact) => ((maskOf.get(fact.id) ?? 0) & (1 << input)) !== 0).map((fact) => fact.id)
        expect(found, name).toEqual(expected)
        // A condition that all or none of the calls meet would show nothing.
        expect(expected.length, name).toBeGreaterThan(0)
        expect(expected.length, name).toBeLessThan(facts.length)
      }
    }, 60_000)
  }
})
