import type { ActivityEvent } from '../../src/event/event.ts'
import { textOf } from './field-values.ts'
import { fill } from './fill.ts'
import type { SourceFields } from './source-fields.ts'

/** What an entry of the audit trail is about: a tool, a prompt, a server, … by name. */
export const readObject = (event: ActivityEvent, fields: SourceFields, ...path: readonly string[]): void => {
  const name = { fields, path: [...path, 'resource_name'] }
  const type = textOf(fields.peek(...path, 'resource_type'))
  if (type === 'tool') {
    fill(event, 'toolExposed', name)
    event.tool = event.toolExposed
  } else fill(event, type === 'server' || type === 'gateway' ? 'server' : 'resource', name)
}
