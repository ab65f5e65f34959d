import { expect, test } from 'vitest'
import { type Column, renderTable } from '../../../src/cli/table.ts'

interface Row {
  readonly name: string
  readonly count: number
}

const columns: readonly Column<Row>[] = [
  { title: 'NAME', of: (row) => row.name, widthMin: 4, style: (_, style) => style.red },
  { title: 'COUNT', of: (row) => String(row.count), align: 'right' },
]
const rows: readonly Row[] = [
  { name: '日本', count: 7 },
  { name: 'a\u001b[31mb\tc', count: 1234 },
]
const write = (): void => undefined

test('into a pipe: tabs, titles, nothing cut, no colour, and no byte that a terminal would obey', () => {
  const text = renderTable(columns, rows, { output: { write, columns: 8 }, env: {} })
  expect(text).toBe('NAME\tCOUNT\n日本\t7\na<U+001B>[31mb<U+0009>c\t1234\n')
})

test('on a terminal: aligned by what is seen', () => {
  const text = renderTable(columns, rows, { output: { write, isTTY: true, columns: 80 }, env: { NO_COLOR: '1' } })
  expect(text.split('\n')).toEqual([
    `NAME${' '.repeat(21)}COUNT`,
    `日本${' '.repeat(25)}7`,
    'a<U+001B>[31mb<U+0009>c   1234',
    '',
  ])
})

test('on a narrow terminal the columns that may be cut give way, and no line is too long', () => {
  const text = renderTable(columns, rows, { output: { write, isTTY: true, columns: 16 }, env: { NO_COLOR: '1' } })
  expect(text.split('\n')[2]).toBe('a<U+001B…   1234')
})

test('colours cells on a terminal unless NO_COLOR says otherwise', () => {
  const output = { write, isTTY: true, columns: 80 }
  expect(renderTable(columns, rows, { output, env: {} })).toContain('\u001b[31m日本\u001b[39m')
  expect(renderTable(columns, rows, { output, env: { NO_COLOR: '1' } })).not.toContain('\u001b')
  expect(renderTable(columns, rows, { output, env: { TERM: 'dumb' } })).not.toContain('\u001b')
})
