import { apiClientFor } from './api-client.ts'
import { shortTime } from './cells.ts'
import { type Command, isSet } from './command.ts'
import { listOptions, listQuery } from './list-options.ts'
import { printList } from './print-list.ts'
import { readList } from './read-list.ts'
import { type DeadLetterShape, deadLetterShape } from './shapes.ts'
import type { Column } from './table.ts'

export const deadLetters: Command = {
  name: 'dead-letters',
  summary: 'List the records that no format could read, with the reason, newest first.',
  usage: '[--from 1h] [--json]',
  options: listOptions,
  operandsMin: 0,
  operandsMax: 0,

  run: async ({ options, io }) => {
    const { limit, ...query } = listQuery(options, io.now())
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
