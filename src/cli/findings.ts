import { apiClientFor } from './api-client.ts'
import { nameOf, severityPaint, shortTime } from './cells.ts'
import { type Command, isSet, textOf } from './command.ts'
import { listOptions, listQuery } from './list-options.ts'
import { printList } from './print-list.ts'
import { readList } from './read-list.ts'
import { type FindingShape, findingShape } from './shapes.ts'
import type { Column } from './table.ts'

export const findings: Command = {
  name: 'findings',
  summary: 'List what the rules found, newest first.',
  usage: '[--severity high] [--state final] [--status open] …',
  options: {
    rule: { type: 'string', value: 'ID', summary: 'only of this rule' },
    severity: { type: 'string', value: 'SEVERITY', summary: 'info, low, medium, high or critical' },
    state: { type: 'string', value: 'STATE', summary: 'provisional, final or withdrawn' },
    status: { type: 'string', value: 'STATUS', summary: 'open, acknowledged, truePositive or falsePositive' },
    session: { type: 'string', value: 'ID', summary: 'only about this session' },
    agent: { type: 'string', value: 'ID', summary: 'only about this agent' },
    ...listOptions,
  },
  operandsMin: 0,
  operandsMax: 0,

  run: async ({ options, io }) => {
    const { limit, ...range } = listQuery(options, io.now())
    const names = ['rule', 'severity', 'state', 'status', 'session', 'agent']
    const list = await readList(apiClientFor(io.env), {
      path: '/api/v1/findings',
      query: { ...range, ...Object.fromEntries(names.map((name) => [name, textOf(options, name)])) },
      limit,
      item: findingShape,
    })
    return printList(list, {
      io,
      asJson: isSet(options, 'json'),
      columns: findingColumns(io.now()),
      none: 'No findings.',
    })
  },
}

/** A finding as a line of a table. */
export const findingColumns = (now: Date): readonly Column<FindingShape>[] => [
  { title: 'TIME', of: (finding) => shortTime(finding.time, now) },
  {
    title: 'SEVERITY',
    of: (finding) => finding.severity,
    style: (finding, style) => severityPaint(finding.severity)(style),
  },
  { title: 'STATE', of: (finding) => finding.state },
  { title: 'RULE', of: (finding) => finding.ruleId },
  { title: 'WHAT', of: (finding) => nameOf(finding.explanation.text, finding.ruleTitle), widthMin: 24 },
  { title: 'CALLS', of: (finding) => String(finding.calls.length), align: 'right' },
  { title: 'STATUS', of: (finding) => finding.status },
  { title: 'SESSION', of: (finding) => finding.sessionId },
]
