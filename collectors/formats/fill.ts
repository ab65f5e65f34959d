import type { ActivityEvent } from '../../src/event/event.ts'
import type { SourceFields } from './source-fields.ts'

/** Fields of the event that hold any text. */
export type TextField = {
  [Field in keyof ActivityEvent]: string extends ActivityEvent[Field] ? Field : never
}[keyof ActivityEvent]

/**
 * Gives a field what the source says at `path`, unless a better place already did: then a source that says the same is
 * used up, and one that says something else is kept among the attributes.
 */
export const fill = (
  event: ActivityEvent,
  field: TextField,
  from: { readonly fields: SourceFields; readonly path: readonly string[] },
): void => {
  const known = event[field]
  const value = from.fields.peek(...from.path)
  if (known === '') event[field] = from.fields.id(...from.path)
  else if (value === known || (typeof value === 'number' && String(value) === known)) from.fields.drop(...from.path)
}
