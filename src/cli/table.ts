import type { Output } from './command.ts'
import { displayWidth, fitWidth } from './display-width.ts'
import { type Style, styleFor } from './style.ts'
import { visible } from './visible.ts'

export interface Column<Row> {
  readonly title: string
  readonly of: (row: Row) => string
  readonly align?: 'right'
  /** Narrowest that the column may be made; a column without it is never cut. */
  readonly widthMin?: number
  readonly style?: (row: Row, style: Style) => (text: string) => string
}

export interface TableOptions {
  readonly output: Output
  readonly env: Readonly<Record<string, string | undefined>>
}

const gap = 2
const widthWithoutTerminal = 100

/**
 * Rows as text. On a terminal: aligned, coloured, as wide as the window. Into a pipe: a line of titles and one line a
 * row, separated by tabs, nothing cut. What is not visible in the data is written out in both.
 */
export const renderTable = <Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { output, env }: TableOptions,
): string => {
  const cells = rows.map((row) => columns.map((column) => visible(column.of(row))))
  const titles = columns.map((column) => column.title)
  if (output.isTTY !== true) return [titles, ...cells].map((line) => `${line.join('\t')}\n`).join('')
  const style = styleFor(output, env)
  const widths = fitColumns(columns, widthsOf([titles, ...cells]), output.columns ?? widthWithoutTerminal)
  const lines = cells.map((line, index) =>
    joinCells(columns, widths, line, (text, column) => {
      const row = rows[index]
      return row === undefined || column.style === undefined ? text : column.style(row, style)(text)
    }),
  )
  return [joinCells(columns, widths, titles, (text) => style.bold(text)), ...lines].map((line) => `${line}\n`).join('')
}

const widthsOf = (lines: readonly (readonly string[])[]): number[] => {
  const widths: number[] = []
  for (const line of lines) {
    for (const [index, cell] of line.entries()) widths[index] = Math.max(widths[index] ?? 0, displayWidth(cell))
  }
  return widths
}

/** Takes from the widest column that may be cut until all fit, or none can give any more. */
const fitColumns = <Row>(columns: readonly Column<Row>[], natural: readonly number[], total: number): number[] => {
  const widths = [...natural]
  let excess = widths.reduce((sum, width) => sum + width, 0) + gap * (widths.length - 1) - total
  for (; excess > 0; excess -= 1) {
    const widest = widestOf(columns, widths)
    if (widest === -1) return widths
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  return widths
}

const widestOf = <Row>(columns: readonly Column<Row>[], widths: readonly number[]): number => {
  let widest = -1
  for (const [index, { widthMin }] of columns.entries()) {
    const width = widths[index] ?? 0
    if (widthMin !== undefined && width > widthMin && width > (widths[widest] ?? 0)) widest = index
  }
  return widest
}

const joinCells = <Row>(
  columns: readonly Column<Row>[],
  widths: readonly number[],
  line: readonly string[],
  paint: (text: string, column: Column<Row>) => string,
): string =>
  columns
    .map((column, index) => {
      const width = widths[index] ?? 0
      const text = fitWidth(line[index] ?? '', width)
      const padding = ' '.repeat(width - displayWidth(text))
      const painted = paint(text, column)
      return column.align === 'right' ? padding + painted : painted + padding
    })
    .join(' '.repeat(gap))
    .trimEnd()
