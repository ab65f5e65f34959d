import { apiClientFor } from './api-client.ts'
import { callColumns } from './call-columns.ts'
import { nameOf } from './cells.ts'
import { type CliIo, type Command, exitCodes, isSet, textOf } from './command.ts'
import { listOptions } from './list-options.ts'
import { readList } from './read-list.ts'
import { callShape, parseShape, type SessionShape, sessionShape } from './shapes.ts'
import { renderTable } from './table.ts'
import { visible } from './visible.ts'

const timelineMax = 10_000

export const session: Command = {
  name: 'session',
  summary: 'Show one session and its calls in order.',
  usage: 'ID',
  details: 'ID is the id of a session or an alias of it. Exit 1 if there is no such session.',
  options: { realm: listOptions.realm, json: listOptions.json },
  operandsMin: 1,
  operandsMax: 1,

  run: async ({ operands, options, io }) => {
    const client = apiClientFor(io.env)
    const path = `/api/v1/sessions/${encodeURIComponent(operands[0] ?? '')}`
    const query = { realm: textOf(options, 'realm') }
    const shown = parseShape(sessionShape, await client.get(path, query))
    const timeline = await readList(client, { path: `${path}/timeline`, query, limit: timelineMax, item: callShape })
    if (isSet(options, 'json')) {
      io.stdout.write(`${JSON.stringify({ ...shown, timeline: timeline.items }, null, 2)}\n`)
      return exitCodes.fine
    }
    printHead(shown, io)
    io.stdout.write(`\n${renderTable(callColumns(io.now()), timeline.items, { output: io.stdout, env: io.env })}`)
    return exitCodes.fine
  },
}

const printHead = (shown: SessionShape, io: CliIo): void => {
  const lines: readonly (readonly [string, string])[] = [
    ['Session', shown.id],
    ['Agent', nameOf(shown.agent.name, shown.agent.id)],
    ['User', nameOf(shown.user.email, shown.user.id)],
    ['Client', nameOf(shown.client.userAgent, shown.client.name)],
    ['From', shown.start],
    ['To', shown.end],
    ['Calls', `${shown.calls}, ${shown.denies} denied`],
    ['Known by', `${shown.basis.replaceAll('_', ' ')}, confidence ${shown.confidence}`],
    ['Status', shown.status],
    ['Findings', shown.findings.length === 0 ? 'none' : shown.findings.join(', ')],
  ]
  for (const [label, value] of lines) io.stdout.write(`${label.padEnd(10)}${visible(value)}\n`)
}
