import { expect, test } from 'vitest'
import { readerSettings } from '../../../src/engine/bi-port-settings.ts'

const all = { realms: 'all', hasPayloads: false } as const
const of = (
  asked: readonly (readonly [string, string])[],
  scope: Parameters<typeof readerSettings>[1]['scope'] = all,
) => readerSettings(asked, { scope, memoryBytesMax: 1 << 20 })

test('after everything else nothing can be set any more', () => {
  expect(of([]).at(-1)).toBe('SET readonly = 1')
  expect(of([['param_x', "a'b"]])[0]).toBe("SET param_x = 'a\\'b'")
})

test('a reader may ask for less, never for more, and what is ours comes last', () => {
  const own = (asked: readonly (readonly [string, string])[]): string => of(asked).at(-2) ?? ''
  expect(own([['max_execution_time', '5']])).toContain("max_execution_time = '5'")
  for (const value of ['60', '0', '-1', 'x', '1e9']) {
    expect(own([['max_execution_time', value]])).toContain("max_execution_time = '30'")
  }
  expect(own([['max_memory_usage', '0']])).toContain("max_memory_usage = '1048576'")
  expect(own([['readonly', '0']])).not.toContain('readonly')
})

test('the realms of a reader stand in a filter of every table, quoted twice', () => {
  const settings = of([], { realms: ["it's"], hasPayloads: false }).at(-2) ?? ''
  for (const table of ['events', 'payloads', 'dead_letters', 'calls', 'sessions', 'findings', 'actions']) {
    expect(settings).toContain(`'default.${table}': 'realm IN (\\'it\\\\\\'s\\')'`)
  }
  expect(of([], { realms: [], hasPayloads: true }).at(-2)).toContain("'default.calls': 'false'")
  expect(of([]).at(-2)).not.toContain('additional_table_filters')
})

test.each(['additional_table_filters', 'allow_ddl', 'max_ast_depth', 'optimize_move_to_prewhere', 'limit', 'final'])(
  "%s is not a reader's to set",
  (name) => {
    expect(() => of([[name, '1']])).toThrow(`The setting ${name} is not taken here`)
  },
)
