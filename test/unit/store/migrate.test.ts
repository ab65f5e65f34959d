import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { statementsOf } from '../../../src/store/migrate.ts'
import { tables } from '../../../src/store/tables/all.ts'
import { columnList } from '../../../src/store/tables/table.ts'

test('statements end at the end of a line, comments and empty ones are left out', () => {
  const sql = "-- about ; this;\nCREATE a (x String DEFAULT ';x');\n\n  -- more\nCREATE b;  \n;\nCREATE c"
  expect(statementsOf(sql)).toEqual(["CREATE a (x String DEFAULT ';x')", 'CREATE b', 'CREATE c'])
})

const directory = new URL('../../../migrations/', import.meta.url)
const files = readdirSync(directory).toSorted()

test('migrations are numbered without a gap and no number twice', () => {
  expect(files.map((name) => Number.parseInt(name, 10))).toEqual(files.map((_, index) => index + 1))
})

describe('the migrations make what segments are written for', () => {
  const sql = files.map((name) => readFileSync(new URL(name, directory), 'utf8')).join('\n')
  const created = new Map(
    statementsOf(sql).flatMap((statement) => {
      const [, name, body] = /^CREATE TABLE IF NOT EXISTS (\w+) \(\n([\s\S]*?)\n\)/.exec(statement) ?? []
      return name === undefined || body === undefined ? [] : [[name, body] as const]
    }),
  )

  test.each(tables.map((table) => [table.name, table] as const))('%s', (name, table) => {
    const added = new RegExp(`^ALTER TABLE ${name} ADD COLUMN IF NOT EXISTS (\`\\w+\`) (.+?);$`, 'gm')
    const columns = [
      ...(created.get(name) ?? '').matchAll(/^ {2}(`\w+`) (.+?)(?: CODEC\(.*\))?,?$/gm),
      ...sql.matchAll(added),
    ]
    expect(columns.map(([, column]) => column).join(', ')).toBe(columnList(table))
    for (const { name: column, type } of table.columns) {
      expect(columns.find(([, found]) => found === `\`${column}\``)?.[2]).toBe(type)
    }
  })
})
