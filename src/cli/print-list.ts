import { type CliIo, exitCodes } from './command.ts'
import type { List } from './read-list.ts'
import { type Column, renderTable } from './table.ts'

/** Prints a list as the API's JSON or as a table, and says where to go on if there is more. */
export const printList = <T>(
  list: List<T>,
  options: {
    readonly io: CliIo
    readonly asJson: boolean
    readonly columns: readonly Column<T>[]
    readonly none: string
  },
): number => {
  const { io, asJson, columns, none } = options
  if (asJson) {
    io.stdout.write(`${JSON.stringify(list, null, 2)}\n`)
    return exitCodes.fine
  }
  if (list.items.length === 0) io.stderr.write(`${none}\n`)
  else io.stdout.write(renderTable(columns, list.items, { output: io.stdout, env: io.env }))
  if (list.nextCursor !== null) io.stderr.write(`There is more: raise --limit, or narrow it with --from and --to.\n`)
  return exitCodes.fine
}
