import { type BiScope, realmTables } from './bi-port-check.ts'
import { quote, type Statement } from './statement.ts'

type Setting = Statement['settings'][number]

/** Bounds of one query; a reader may ask for less. */
const bounds = {
  max_execution_time: 30,
  max_result_rows: 1_000_000,
  max_result_bytes: 1 << 30,
  max_rows_to_read: 5_000_000_000,
  max_threads: 4,
  max_block_size: 65_536,
} as const satisfies Record<string, number>

/** The same for everybody. */
const fixed: Readonly<Record<string, string>> = {
  result_overflow_mode: 'throw',
  timeout_overflow_mode: 'throw',
  read_overflow_mode: 'throw',
  max_ast_depth: '500',
  max_ast_elements: '20000',
  max_expanded_ast_elements: '200000',
  max_subquery_depth: '30',
  max_columns_to_read: '500',
  max_temporary_columns: '2000',
  max_temporary_data_on_disk_size_for_query: '1073741824',
  allow_ddl: '0',
  allow_introspection_functions: '0',
}

/** How a reader may want rows written; none of them changes which rows there are. */
const formatting = new Set([
  'cast_string_to_dynamic_use_inference',
  'date_time_input_format',
  'date_time_output_format',
  'bool_true_representation',
  'bool_false_representation',
  'format_csv_delimiter',
  'join_use_nulls',
  'output_format_json_named_tuples_as_objects',
  'output_format_json_quote_64bit_integers',
  'output_format_json_quote_decimals',
  'output_format_json_quote_denormals',
  'output_format_json_quote_64bit_floats',
  'output_format_arrow_string_as_string',
  'output_format_parquet_string_as_string',
  'output_format_csv_crlf_end_of_line',
  'session_timezone',
])

/** Sent by clients with every query and without effect here. */
const idle = new Set(['log_comment', 'readonly', 'use_query_cache', 'wait_for_async_insert', 'async_insert'])

/**
 * Keeps the rows of other realms from every condition that a reader writes: the filter of realms is the first step behind the
 * table, and no later one is moved in front of it. A condition that ran before it could tell of their rows by its errors.
 */
const realmSettings = (realms: readonly string[]): readonly Setting[] => {
  const among = realms.length === 0 ? 'false' : `realm IN (${realms.map(quote).join(', ')})`
  const filters = realmTables.map((table) => `${quote(`default.${table}`)}: ${quote(among)}`)
  return [
    ['additional_table_filters', `{${filters.join(', ')}}`],
    ['optimize_move_to_prewhere', '0'],
    ['query_plan_optimize_prewhere', '0'],
    ['query_plan_merge_filters', '0'],
    // Remembers what conditions met, over the borders of sessions.
    ['use_query_condition_cache', '0'],
  ]
}

/**
 * `SET` statements for a reader's session, in order: after the last nothing can be set any more. Throws the engine's kind of error
 * where a setting is asked for that is not a reader's to choose.
 */
export const readerSettings = (
  asked: Statement['settings'],
  options: { readonly scope: BiScope; readonly memoryBytesMax: number },
): readonly string[] => {
  const { scope, memoryBytesMax } = options
  const own: Setting[] = [
    ...Object.entries({ ...bounds, max_memory_usage: memoryBytesMax }).map(
      ([name, max]): Setting => [name, String(lowered(asked, name, max))],
    ),
    ...Object.entries(fixed),
    ...(scope.realms === 'all' ? [] : realmSettings(scope.realms)),
  ]
  const chosen = asked.filter(([name]) => isChoice(name))
  return [setOf(chosen), setOf(own), 'SET readonly = 1'].filter((statement) => statement !== '')
}

const isChoice = (name: string): boolean => {
  if (name in bounds || name === 'max_memory_usage' || idle.has(name)) return false
  if (name.startsWith('param_') || formatting.has(name)) return true
  throw new Error(`Code: 452. DB::Exception: The setting ${name} is not taken here. (SETTING_CONSTRAINT_VIOLATION)`)
}

const lowered = (asked: Statement['settings'], name: string, max: number): number => {
  const value = Number(asked.find(([each]) => each === name)?.[1])
  return Number.isSafeInteger(value) && value > 0 ? Math.min(value, max) : max
}

/** `additional_table_filters` is a map and stands as it is. */
const setOf = (settings: readonly Setting[]): string => {
  if (settings.length === 0) return ''
  const texts = settings.map(
    ([name, value]) => `${name} = ${name === 'additional_table_filters' ? value : quote(value)}`,
  )
  return `SET ${texts.join(', ')}`
}
