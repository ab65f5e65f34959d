import { apiClientFor } from './api-client.ts'
import { callColumns } from './call-columns.ts'
import { type Command, isSet, textOf } from './command.ts'
import { listOptions, listQuery } from './list-options.ts'
import { printList } from './print-list.ts'
import { readList } from './read-list.ts'
import { callShape } from './shapes.ts'

export const calls: Command = {
  name: 'calls',
  summary: 'List what agents asked for, newest first, with the decision of every layer.',
  usage: '[--session ID] [--agent ID] [--decision deny] …',
  options: {
    session: { type: 'string', value: 'ID', summary: 'only of this session' },
    agent: { type: 'string', value: 'ID', summary: 'only of this agent' },
    user: { type: 'string', value: 'USER', summary: 'only for this user (id or e-mail)' },
    tool: { type: 'string', value: 'NAME', summary: 'only of this tool' },
    server: { type: 'string', value: 'NAME', summary: 'only to this server' },
    decision: {
      type: 'string',
      value: 'DECISION',
      summary: 'allow, deny, modify, escalate, indeterminate or not_evaluated',
    },
    ...listOptions,
  },
  operandsMin: 0,
  operandsMax: 0,

  run: async ({ options, io }) => {
    const { limit, ...range } = listQuery(options, io.now())
    const names = ['session', 'agent', 'user', 'tool', 'server', 'decision']
    const list = await readList(apiClientFor(io.env), {
      path: '/api/v1/calls',
      query: { ...range, ...Object.fromEntries(names.map((name) => [name, textOf(options, name)])) },
      limit,
      item: callShape,
    })
    return printList(list, { io, asJson: isSet(options, 'json'), columns: callColumns(io.now()), none: 'No calls.' })
  },
}
