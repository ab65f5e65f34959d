import type { Sign } from '../../analyse/rows.ts'
import type { RowBinary } from '../row-binary.ts'

export interface Column<R> {
  readonly name: string
  /** ClickHouse's type; `write` writes exactly this in RowBinary. */
  readonly type: string
  readonly write: (out: RowBinary, row: R) => void
}

/** A table described once: column list, structure and encoder all come from here. Migrations hold the same columns. */
export interface Table<R> {
  readonly name: string
  /** Whether rows are taken back by a row of the opposite sign. */
  readonly isSigned: boolean
  /** The column that tells the rows of one mark apart; with `version` where rows are taken back. */
  readonly key: string
  readonly columns: readonly Column<R>[]
}

/** In front of every row: which mark of which log wrote it. */
const headColumns = [
  { name: 'log_epoch', type: 'LowCardinality(String)' },
  { name: 'log_mark', type: 'UInt64' },
] as const
const signColumn = { name: 'sign', type: 'Int8' } as const

const storedColumns = (table: Table<never>): readonly { readonly name: string; readonly type: string }[] => [
  ...headColumns,
  ...(table.isSigned ? [signColumn] : []),
  ...table.columns,
]

/** `a, b, c`: the columns of a segment, in its order. */
export const columnList = (table: Table<never>): string =>
  storedColumns(table)
    .map(({ name }) => `\`${name}\``)
    .join(', ')

/**
 * `a String, b UInt64`: what `file()` is told about a segment. In RowBinary a dictionary's text is text like any other, and
 * read as such and converted by the block it costs the engine less than half.
 */
const structure = (table: Table<never>): string =>
  storedColumns(table)
    .map(({ name, type }) => `\`${name}\` ${type.replaceAll('LowCardinality(String)', 'String')}`)
    .join(', ')

/** A segment file as a table that the store reads itself. */
export const segmentSource = (table: Table<never>, file: string): string =>
  `file(${quote(file)}, 'RowBinary', ${quote(structure(table))})`

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

/** Encodes rows of one table. The mark is not known yet; `at` in the result is where it belongs. */
export const createEncoder = <R>(
  table: Table<R>,
  options: { readonly out: RowBinary; readonly epochText: Uint8Array },
): ((row: R, sign: Sign) => number) => {
  const { out, epochText } = options
  const writers = table.columns.map((column) => column.write)
  return (row, sign) => {
    out.raw(epochText)
    const at = out.bytes
    out.int64(0)
    if (table.isSigned) out.byte(sign === 1 ? 1 : 0xff)
    for (let i = 0; i < writers.length; i += 1) writers[i]?.(out, row)
    return at
  }
}
