import { loadConfig } from '../config.ts'
import { type Command, exitCodes, isSet, textOf } from './command.ts'
import { configOption } from './serve.ts'
import { renderTable } from './table.ts'

export const migrate: Command = {
  name: 'migrate',
  summary: "Bring the store's tables up to what this version writes, without starting a server.",
  usage: '[--config FILE] [--json]',
  details: `Every start does the same; with a ClickHouse server (AGENTTRAIL_STORE_URL) it can be done before by somebody with the
rights. Make a backup first: there is no way back. It may be repeated.`,
  options: { ...configOption, json: { type: 'boolean', summary: 'print what is applied as JSON' } },
  operandsMin: 0,
  operandsMax: 0,

  run: async ({ options, io }) => {
    const config = loadConfig({ env: io.env, file: textOf(options, 'config') || undefined })
    const { migrateStore } = await import('../run/migrate-store.ts')
    const applied = await migrateStore(config)
    if (isSet(options, 'json')) io.stdout.write(`${JSON.stringify({ items: applied, nextCursor: null }, null, 2)}\n`)
    else {
      const columns = [
        { title: 'MIGRATION', of: (row: (typeof applied)[number]) => row.name },
        { title: 'APPLIED', of: (row: (typeof applied)[number]) => row.applied },
      ]
      io.stdout.write(renderTable(columns, applied, { output: io.stdout, env: io.env }))
    }
    return exitCodes.fine
  },
}
