import { apiClientFor, problemError } from './api-client.ts'
import { shortTime } from './cells.ts'
import { type Command, exitCodes, type Invocation, isSet, textOf } from './command.ts'
import { listOptions, listQuery } from './list-options.ts'
import { printList } from './print-list.ts'
import { readList } from './read-list.ts'
import { type DeadLetterShape, deadLetterShape, parseShape, replayedShape } from './shapes.ts'
import type { Column } from './table.ts'
import { visible } from './visible.ts'

export const deadLetters: Command = {
  name: 'dead-letters',
  summary: 'List the records that no format could read, with the reason, newest first, or read them again.',
  usage: '[--from 1h] [--replay [--format F]] [--json]',
  details: `With --replay the records of the time are read again, as they were kept: redacted, and no more than 64 KB of each.
Doing it twice stores nothing twice. Exit 1 if some cannot be read again.`,
  options: {
    ...listOptions,
    replay: { type: 'boolean', summary: 'read them again' },
    format: { type: 'string', value: 'FORMAT', summary: 'how to read them now; as before if left out' },
  },
  operandsMin: 0,
  operandsMax: 0,

  run: async ({ options, io }) => {
    const { limit, ...query } = listQuery(options, io.now())
    if (isSet(options, 'replay')) return replay(query, { options, io })
    const list = await readList(apiClientFor(io.env), {
      path: '/api/v1/dead-letters',
      query,
      limit,
      item: deadLetterShape,
    })
    return printList(list, {
      io,
      asJson: isSet(options, 'json'),
      columns: columnsAt(io.now()),
      none: 'No dead letters.',
    })
  },
}

const replay = async (
  { realm, from, to }: { readonly realm: string; readonly from: string; readonly to: string },
  { options, io }: Pick<Invocation, 'options' | 'io'>,
): Promise<number> => {
  const client = apiClientFor(io.env)
  const format = textOf(options, 'format')
  const given = { from, to, format }
  const response = await client.send('/api/v1/dead-letters/replay', {
    method: 'POST',
    query: { realm },
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''))),
  })
  const text = await response.text()
  if (!response.ok) throw problemError(response.status, text, client.url)
  const { replayed, skipped, moreBefore } = parseShape(replayedShape, JSON.parse(text))
  if (isSet(options, 'json')) io.stdout.write(`${text}\n`)
  else {
    for (const { recordId, reason } of skipped) io.stdout.write(`${visible(recordId)}: not read again, ${reason}\n`)
    io.stdout.write(`${replayed} records are read again.\n`)
  }
  if (moreBefore !== null) io.stderr.write(`There are older ones: go on with --to ${moreBefore}\n`)
  return skipped.length > 0 ? exitCodes.no : exitCodes.fine
}

const rawShown = 400

const columnsAt = (now: Date): readonly Column<DeadLetterShape>[] => [
  { title: 'TIME', of: (letter) => shortTime(letter.time, now) },
  { title: 'SOURCE', of: (letter) => letter.source, widthMin: 8 },
  { title: 'POSITION', of: (letter) => String(letter.sourcePosition), align: 'right' },
  { title: 'FORMAT', of: (letter) => letter.format },
  { title: 'REASON', of: (letter) => letter.reason, widthMin: 20 },
  { title: 'BYTES', of: (letter) => String(letter.rawBytes), align: 'right' },
  { title: 'RECORD', of: (letter) => letter.raw.slice(0, rawShown), widthMin: 20 },
]
