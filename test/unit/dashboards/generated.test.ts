import { describe, expect, test } from 'vitest'
import { dashboards } from '../../../dashboards/all.ts'
import { allMetrics } from '../../../src/telemetry/all-metrics.ts'
import { committedDashboards, type PanelJson } from '../../fakes/dashboard-json.ts'

const boards = committedDashboards()

test('what is committed is what the source makes', () => {
  const made = JSON.parse(JSON.stringify(dashboards({ url: 'http://127.0.0.1:9470' }))) as unknown
  expect(boards, 'run `npm run dashboards`').toEqual(made)
})

const overlaps = (a: PanelJson, b: PanelJson): boolean => {
  const [first, second] = [a.gridPos, b.gridPos]
  const isApart =
    first.x + first.w <= second.x ||
    second.x + second.w <= first.x ||
    first.y + first.h <= second.y ||
    second.y + second.h <= first.y
  return !isApart
}

describe.each(Object.entries(boards))('%s', (_name, board) => {
  const panels = board.panels.filter(({ type }) => type !== 'row')

  test('no panel lies on another or beyond the edge', () => {
    const pairs = board.panels.flatMap((panel, index) =>
      board.panels.slice(index + 1).map((other) => [panel, other] as const),
    )
    expect(
      pairs
        .filter(([panel, other]) => overlaps(panel, other))
        .map(([panel, other]) => `${panel.title} / ${other.title}`),
    ).toEqual([])
    expect(board.panels.filter(({ gridPos }) => gridPos.x + gridPos.w > 24)).toEqual([])
  })

  test('every panel says what it shows, what emptiness means, and where it asks', () => {
    expect(board.description).not.toBe('')
    for (const panel of panels) {
      expect(panel.description, panel.title).toMatch(/^[A-Z0-9"`].*[.]$/s)
      expect(panel.fieldConfig?.defaults.noValue, panel.title).toBeTruthy()
      expect(panel.targets?.length, panel.title).toBeGreaterThan(0)
      for (const { datasource } of panel.targets ?? []) {
        expect(['agenttrail-clickhouse', 'agenttrail-prometheus']).toContain(datasource.uid)
      }
    }
  })

  test('its metrics are measured', () => {
    const known = new Set(
      allMetrics.flatMap(({ name, kind }) => (kind === 'histogram' ? [`${name}_bucket`, `${name}_count`] : [name])),
    )
    const used = panels
      .flatMap(({ targets }) => targets ?? [])
      .flatMap(({ expr }) => expr?.match(/agenttrail_\w+/g) ?? [])
    expect(used.filter((name) => !known.has(name))).toEqual([])
  })

  test('every table and graph of many rows is bounded', () => {
    const unbounded = panels
      .filter(({ type }) => type === 'table' || type === 'bargauge')
      .flatMap(({ title, targets }) =>
        (targets ?? []).filter(({ rawSql }) => rawSql !== undefined && !/LIMIT \d+$/.test(rawSql)).map(() => title),
      )
    expect(unbounded).toEqual([])
  })
})

test('there are dashboards for the fleet, a session, findings, the pipeline and servers', () => {
  expect(Object.keys(boards).sort()).toEqual(['findings', 'fleet', 'pipeline', 'servers', 'session'])
  expect(new Set(Object.values(boards).map(({ uid }) => uid)).size).toBe(5)
})
