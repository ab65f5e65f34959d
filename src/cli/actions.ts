import { apiClientFor } from './api-client.ts'
import { nameOf, shortTime } from './cells.ts'
import { type CliIo, type Command, exitCodes, isSet, textOf } from './command.ts'
import { listOptions, listQuery } from './list-options.ts'
import { printList } from './print-list.ts'
import { readList } from './read-list.ts'
import { type ActionShape, actionShape, parseShape } from './shapes.ts'
import type { Column } from './table.ts'
import { visible } from './visible.ts'

export const actions: Command = {
  name: 'actions',
  summary: 'List what was done about findings and by operators, newest first, or show one with its history.',
  usage: '[ID] [--finding ID] [--target session:ID] …',
  details: 'With the ID of an action: every state that it was in, when, and why. Exit 1 if there is no such action.',
  options: {
    finding: { type: 'string', value: 'ID', summary: 'only about this finding' },
    incident: { type: 'string', value: 'ID', summary: 'only about this incident' },
    target: { type: 'string', value: 'TARGET', summary: 'only on this: session:ID, agent:ID, user:ID, tool:NAME' },
    limit: listOptions.limit,
    realm: listOptions.realm,
    json: listOptions.json,
  },
  operandsMin: 0,
  operandsMax: 1,

  run: async ({ operands, options, io }) => {
    const client = apiClientFor(io.env)
    const [id] = operands
    const realm = textOf(options, 'realm')
    if (id !== undefined) {
      const shown = parseShape(actionShape, await client.get(`/api/v1/actions/${encodeURIComponent(id)}`, { realm }))
      if (isSet(options, 'json')) io.stdout.write(`${JSON.stringify(shown, null, 2)}\n`)
      else printAction(shown, io)
      return exitCodes.fine
    }
    const names = ['finding', 'incident', 'target']
    const { limit } = listQuery(options, io.now())
    const list = await readList(client, {
      path: '/api/v1/actions',
      query: { realm, ...Object.fromEntries(names.map((name) => [name, textOf(options, name)])) },
      limit,
      item: actionShape,
    })
    return printList(list, {
      io,
      asJson: isSet(options, 'json'),
      columns: actionColumns(io.now()),
      none: 'No actions.',
    })
  },
}

const printAction = (shown: ActionShape, io: CliIo): void => {
  const head: readonly (readonly [string, string])[] = [
    ['Action', shown.id],
    ['What', `${shown.kind} of ${shown.target}${shown.lever === '' ? '' : ` by ${shown.lever}`}`],
    ['State', shown.state],
    ['Asked by', shown.by],
    ['Reason', nameOf(shown.reason)],
    ['Until', shown.expiresAt ?? '–'],
  ]
  for (const [label, value] of head) io.stdout.write(`${label.padEnd(10)}${visible(value)}\n`)
  io.stdout.write('\n')
  const beganMs = Date.parse(shown.transitions[0]?.time ?? '')
  for (const { state, time, detail } of shown.transitions) {
    const after = `+${((Date.parse(time) - beganMs) / 1000).toFixed(3)} s`
    io.stdout.write(`${time}  ${after.padStart(14)}  ${visible(state).padEnd(12)}${visible(detail)}\n`)
  }
}

const actionColumns = (now: Date): readonly Column<ActionShape>[] => [
  { title: 'TIME', of: ({ transitions }) => shortTime(transitions[0]?.time ?? '', now) },
  { title: 'KIND', of: ({ kind }) => kind },
  { title: 'STATE', of: ({ state }) => state, style: ({ state }, style) => statePaint(state, style) },
  { title: 'TARGET', of: ({ target }) => target },
  { title: 'LEVER', of: ({ lever }) => nameOf(lever) },
  { title: 'BY', of: ({ by }) => by },
  { title: 'WHY', of: ({ transitions, reason }) => nameOf(transitions.at(-1)?.detail ?? '', reason), widthMin: 20 },
  { title: 'ID', of: ({ id }) => id },
]

const statePaint = (state: string, style: Parameters<NonNullable<Column<ActionShape>['style']>>[1]) => {
  if (state === 'failed' || state === 'unconfirmed') return style.red
  return state === 'refused' ? style.yellow : style.dim
}
