import { apiClientFor } from './api-client.ts'
import { nameOf, shortTime, statusPaint } from './cells.ts'
import { type Command, isSet, textOf } from './command.ts'
import { listOptions, listQuery } from './list-options.ts'
import { printList } from './print-list.ts'
import { readList } from './read-list.ts'
import { type SessionShape, sessionShape } from './shapes.ts'
import type { Column } from './table.ts'

export const sessions: Command = {
  name: 'sessions',
  summary: 'List the sessions of agents, newest first.',
  usage: '[--agent ID] [--user EMAIL] [--status STATUS] …',
  options: {
    agent: { type: 'string', value: 'ID', summary: 'only of this agent' },
    user: { type: 'string', value: 'USER', summary: 'only for this user (id or e-mail)' },
    status: { type: 'string', value: 'STATUS', summary: 'active, ended, flagged, revoking, unconfirmed or revoked' },
    tool: { type: 'string', value: 'NAME', summary: 'only where this tool was asked for' },
    server: { type: 'string', value: 'NAME', summary: 'only where this server was asked' },
    ...listOptions,
  },
  operandsMin: 0,
  operandsMax: 0,

  run: async ({ options, io }) => {
    const { limit, ...range } = listQuery(options, io.now())
    const filters = ['agent', 'user', 'status', 'tool', 'server'].map((name) => [name, textOf(options, name)])
    const list = await readList(apiClientFor(io.env), {
      path: '/api/v1/sessions',
      query: { ...range, ...Object.fromEntries(filters) },
      limit,
      item: sessionShape,
    })
    return printList(list, {
      io,
      asJson: isSet(options, 'json'),
      columns: sessionColumns(io.now()),
      none: 'No sessions.',
    })
  },
}

/** A session as a line of a table. */
export const sessionColumns = (now: Date): readonly Column<SessionShape>[] => [
  { title: 'STARTED', of: (session) => shortTime(session.start, now) },
  { title: 'LAST SEEN', of: (session) => shortTime(session.end, now) },
  { title: 'AGENT', of: (session) => nameOf(session.agent.name, session.agent.id), widthMin: 12 },
  { title: 'USER', of: (session) => nameOf(session.user.email, session.user.id), widthMin: 10 },
  { title: 'CALLS', of: (session) => String(session.calls), align: 'right' },
  {
    title: 'DENIED',
    of: (session) => String(session.denies),
    align: 'right',
    style: (session, style) => (session.denies > 0 ? style.red : style.dim),
  },
  { title: 'SERVERS', of: (session) => session.servers.join(', '), widthMin: 10 },
  { title: 'STATUS', of: (session) => session.status, style: (session, style) => statusPaint(session.status)(style) },
  { title: 'FINDINGS', of: (session) => String(session.findings.length), align: 'right' },
  { title: 'SESSION', of: (session) => session.id },
]
