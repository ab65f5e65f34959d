import type { z } from 'zod'
import { apiClientFor } from './api-client.ts'
import { nameOf, shortTime } from './cells.ts'
import { type Command, isSet, textOf } from './command.ts'
import { listOptions, listQuery } from './list-options.ts'
import { printList } from './print-list.ts'
import { readList } from './read-list.ts'
import { searchHitShape } from './shapes.ts'
import type { Column } from './table.ts'

export const search: Command = {
  name: 'search',
  summary: 'Find calls, sessions and findings by a query, newest first.',
  usage: 'QUERY… [--kind call|session|finding] [--from 7d] …',
  details: `QUERY is field:value, "quoted words", wildcards (tool:delete_*), ranges (risk:>10, time:[2026-05-01 TO 2026-05-03]), AND,
OR, NOT and brackets; a word without a field may be anywhere. Of the last 30 days unless --from says otherwise. Exit 1 if
nothing was found.`,
  options: {
    kind: { type: 'string', value: 'KIND', summary: 'only things of this kind: call, session or finding' },
    ...listOptions,
  },
  operandsMin: 1,
  operandsMax: 100,

  run: async ({ operands, options, io }) => {
    const { limit, ...range } = listQuery(options, io.now())
    const list = await readList(apiClientFor(io.env), {
      path: '/api/v1/search',
      query: { ...range, q: operands.join(' '), kind: textOf(options, 'kind') },
      limit,
      item: searchHitShape,
    })
    const exit = printList(list, {
      io,
      asJson: isSet(options, 'json'),
      columns: columnsAt(io.now()),
      none: 'Nothing found.',
    })
    return list.items.length === 0 ? 1 : exit
  },
}

type Hit = z.infer<typeof searchHitShape>

const columnsAt = (now: Date): readonly Column<Hit>[] => [
  { title: 'TIME', of: (hit) => shortTime(hit.time, now) },
  { title: 'KIND', of: (hit) => hit.kind },
  { title: 'AGENT', of: agentOf, widthMin: 10 },
  { title: 'USER', of: userOf, widthMin: 8 },
  { title: 'WHAT', of: whatOf, widthMin: 20 },
  { title: 'HOW', of: howOf },
  { title: 'ID', of: (hit) => hit.id },
]

const agentOf = (hit: Hit): string =>
  hit.kind === 'finding' ? nameOf(hit.item.session.agent) : nameOf(hit.item.agent.name, hit.item.agent.id)

const userOf = (hit: Hit): string =>
  hit.kind === 'finding' ? nameOf(hit.item.session.user) : nameOf(hit.item.user.email, hit.item.user.id)

const whatOf = (hit: Hit): string => {
  if (hit.kind === 'finding') return nameOf(hit.item.explanation.text, hit.item.ruleTitle)
  if (hit.kind === 'session') return `${hit.item.calls} calls of ${hit.item.tools.join(', ')}`
  return `${nameOf(hit.item.tool, hit.item.method)} on ${nameOf(hit.item.server)}`
}

const howOf = (hit: Hit): string => {
  if (hit.kind === 'finding') return `${hit.item.severity}, ${hit.item.status}`
  return hit.kind === 'session' ? hit.item.status : hit.item.decision
}
