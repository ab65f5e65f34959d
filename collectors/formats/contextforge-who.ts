import type { ActivityEvent } from '../../src/event/event.ts'
import type { SourceFields } from './source-fields.ts'

/** What stands where ContextForge knows nothing, or was told to tell nothing. */
const placeholders: ReadonlySet<unknown> = new Set(['unknown', 'anonymous', '***REDACTED***'])

/** A text, `''` and not used where a placeholder stands. */
export const statedText = (fields: SourceFields, ...path: readonly string[]): string =>
  placeholders.has(fields.peek(...path)) ? '' : fields.text(...path)

/** Whose request it was. ContextForge's accounts are e-mail addresses, which its export hides under the other name only. */
export const readUser = (event: ActivityEvent, fields: SourceFields, ...path: readonly string[]): void => {
  event.userId = statedText(fields, ...path, 'user_id')
  event.userEmail = statedText(fields, ...path, 'user_email')
  if (event.userEmail === '' && event.userId.includes('@')) event.userEmail = event.userId
}
