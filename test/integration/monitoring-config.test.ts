import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { allMetrics } from '../../src/telemetry/all-metrics.ts'
import { committedDashboards } from '../fakes/dashboard-json.ts'
import { amtool, isAbsent, promtool, runPart } from '../fakes/system-part.ts'

/*
 * Goal: what Prometheus and Alertmanager are given is right by their own tools, and every alert fires when it must and is
 * quiet when it must be.
 * Method: their tools over the committed files; every alert has a test of both kinds, a metric of ours, and a runbook.
 */
const rulesFile = 'deploy/prometheus/agenttrail.rules.yaml'
const testsFile = 'deploy/prometheus/agenttrail.rules.test.yaml'

interface AlertingRule {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook_url: string }
}

interface RuleTest {
  readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts?: readonly unknown[] }[]
}

const read = <T>(file: string): T => parse(readFileSync(file, 'utf8')) as T
const rules = read<{ groups: { rules: AlertingRule[] }[] }>(rulesFile).groups.flatMap((group) => group.rules)
const tests = read<{ tests: RuleTest[] }>(testsFile).tests.flatMap((each) => each.alert_rule_test)
const runbook = readFileSync('docs/runbooks/pipeline.md', 'utf8')

const measured = new Set(
  allMetrics.flatMap(({ name, kind }) => (kind === 'histogram' ? [`${name}_bucket`, `${name}_count`] : [name])),
)

const written = (text: string): string => {
  const directory = mkdtempSync(join(tmpdir(), 'agenttrail-test-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'rules.yaml')
  writeFileSync(file, text)
  return file
}

describe.skipIf(isAbsent(promtool))('Prometheus', () => {
  test('takes the rules, and they do what their tests say', () => {
    const checked = runPart(promtool, ['check', 'rules', rulesFile])
    expect(checked, checked.printed).toMatchObject({ isOk: true })
    const tested = runPart(promtool, ['test', 'rules', testsFile])
    expect(tested, tested.printed).toMatchObject({ isOk: true })
  })

  test('takes the configuration', () => {
    const checked = runPart(promtool, ['check', 'config', '--syntax-only', 'deploy/prometheus/prometheus.yaml'])
    expect(checked, checked.printed).toMatchObject({ isOk: true })
  })

  test('reads every query of the dashboards', () => {
    const queries = Object.values(committedDashboards())
      .flatMap(({ panels }) => panels)
      .flatMap(({ targets }) => targets ?? [])
      .flatMap(({ expr }) => (expr === undefined ? [] : [expr.replaceAll('$__rate_interval', '1m')]))
    expect(queries.length).toBeGreaterThan(20)
    const asRules = queries.map((expr, index) => ({ record: `panel:${index}`, expr }))
    const file = written(JSON.stringify({ groups: [{ name: 'panels', rules: asRules }] }))
    const checked = runPart(promtool, ['check', 'rules', file])
    expect(checked, checked.printed).toMatchObject({ isOk: true })
  })
})

describe.skipIf(isAbsent(amtool))('Alertmanager', () => {
  const file = 'deploy/alertmanager/alertmanager.yaml'

  test('takes the configuration', () => {
    const checked = runPart(amtool, ['check-config', file])
    expect(checked, checked.printed).toMatchObject({ isOk: true })
  })

  test.each(rules)('$alert reaches who is meant', ({ alert, labels: { severity } }) => {
    const routed = runPart(amtool, [
      'config',
      'routes',
      'test',
      `--config.file=${file}`,
      `alertname=${alert}`,
      `severity=${severity}`,
    ])
    expect(routed.answer).toBe(severity)
  })
})

describe.each(rules)('$alert', ({ alert, expr, labels, annotations }) => {
  test('is tested to fire and to stay quiet', () => {
    const own = tests.filter(({ alertname }) => alertname === alert)
    expect(own.some(({ exp_alerts }) => (exp_alerts ?? []).length > 0)).toBe(true)
    expect(own.some(({ exp_alerts }) => (exp_alerts ?? []).length === 0)).toBe(true)
  })

  test('watches what is measured', () => {
    const used = expr.match(/agenttrail_\w+/g) ?? ['up']
    expect(used.filter((name) => name !== 'up' && !measured.has(name))).toEqual([])
  })

  test('leads to its section of the runbook', () => {
    expect(['page', 'ticket']).toContain(labels.severity)
    expect(annotations.runbook_url).toBe(`docs/runbooks/pipeline.md#${alert.toLowerCase()}`)
    expect(runbook).toContain(`\n## ${alert}\n\n`)
  })
})

test('every section of the runbook is of an alert', () => {
  const sections = [...runbook.matchAll(/^## (\w+)$/gm)].map(([, name]) => name)
  expect(sections).toEqual(expect.arrayContaining(rules.map(({ alert }) => alert)))
  expect(sections).toHaveLength(rules.length)
})
