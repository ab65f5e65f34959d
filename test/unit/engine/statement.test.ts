import { describe, expect, test } from 'vitest'
import { formatOf, parseStatement, quote, verb } from '../../../src/engine/statement.ts'

const parse = (args: Record<string, string>, body = '') => parseStatement(new URLSearchParams(args), Buffer.from(body))

describe('a request', () => {
  test('has its statement in the URL, in the body, or first one and then the other', () => {
    expect(parse({ query: 'SELECT 1' }).sql).toBe('SELECT 1')
    expect(parse({}, 'SELECT 2').sql).toBe('SELECT 2')
    expect(parse({ query: 'SELECT' }, '3').sql).toBe('SELECT\n3')
  })

  test('keeps the body of an insert as bytes', () => {
    const bytes = Buffer.from([0xff, 0xfe, 0])
    const { insert, data } = parseStatement(new URLSearchParams({ query: 'INSERT INTO t FORMAT RowBinary' }), bytes)
    expect(insert).toEqual({ table: 't', columns: [], settings: '', format: 'RowBinary' })
    expect(data).toEqual(bytes)
  })

  test.each([
    ['INSERT INTO db.t (`a`, "b", c) FORMAT JSONEachRow', { table: 'db.t', columns: ['a', 'b', 'c'] }],
    [
      "insert into t (a)\n settings x = 'FORMAT y', z = 1 format CSV;",
      { settings: "x = 'FORMAT y', z = 1", format: 'CSV' },
    ],
    ['INSERT INTO TABLE `t t` FORMAT TSV', { table: '`t t`', format: 'TSV' }],
  ])('%s', (query, expected) => {
    expect(parse({ query }, 'data').insert).toMatchObject(expected)
  })

  test.each(['INSERT INTO t SELECT 1', 'INSERT INTO t VALUES (1)', 'SELECT 1 FORMAT CSV'])(
    '%s has no data of its own',
    (query) => {
      expect(parse({ query }).insert).toBeNull()
    },
  )

  test('has settings and parameters, but not what belongs to HTTP and not what is no name', () => {
    const { settings, database } = parse({
      query: 'SELECT 1',
      max_threads: '1',
      param_a: "it's",
      session_id: 's',
      database: 'd',
      'x = 1, y': '2',
    })
    expect(settings).toEqual([
      ['max_threads', '1'],
      ['param_a', "it's"],
    ])
    expect(database).toBe('d')
  })
})

test.each([
  ['select 1', 'SELECT'],
  [' -- a comment\n/* another */ With x AS (SELECT 1) SELECT 1', 'WITH'],
  ['', ''],
])('the verb of %j is %s', (sql, expected) => {
  expect(verb(sql)).toBe(expected)
})

test.each([
  ['SELECT 1 FORMAT JSONEachRow', 'JSONEachRow'],
  ['SELECT 1 format CSV settings max_threads = 1;', 'CSV'],
  ["SELECT 'FORMAT CSV'", ''],
  ['SELECT 1', ''],
])('the format of %j is %j', (sql, expected) => {
  expect(formatOf(sql)).toBe(expected)
})

test('a quoted text ends where it ends', () => {
  expect(quote("a'b\\")).toBe("'a\\'b\\\\'")
})
