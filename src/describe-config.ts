import type { Config } from './config.ts'

/** The effective settings as a table for people: value, where it came from, the variable that changes it. No secrets. */
export const describeConfig = (config: Config): string => {
  const rows = config.origins.map((origin) => [origin.setting, origin.value || '(unset)', origin.from, origin.variable])
  const table = [['setting', 'value', 'from', 'variable'], ...rows]
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => (row[column] ?? '').length)))
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
