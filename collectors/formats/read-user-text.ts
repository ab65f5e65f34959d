import type { JsonObject } from '../../src/ingest/format.ts'
import { objectOf } from './field-values.ts'

/** Names under which agents state what the user wrote: OpenTelemetry's, and what is written by hand. */
const names: readonly string[] = [
  'gen_ai.input.messages',
  'gen_ai.user.message',
  'gen_ai.prompt',
  'user.prompt',
  'user.text',
  'user.message',
  'userText',
  'userPrompt',
  'userMessage',
  'userRequest',
  'userTask',
  'user_text',
  'user_prompt',
  'user_message',
  'user_request',
  'user_task',
  'user_query',
  'prompt',
]
const charsMax = 65_536

/** What the user wrote, from the members that an event has for whatever it wants; `''` if none tells. */
export const readUserText = (groups: readonly (JsonObject | undefined)[]): string => {
  for (const group of groups) {
    const name = group === undefined ? undefined : names.find((each) => userTextOf(group[each]) !== '')
    if (name !== undefined) return userTextOf(group?.[name]).slice(0, charsMax)
  }
  return ''
}

/** Text as it stands, or the texts of messages whose role is the user. */
const userTextOf = (value: unknown): string => {
  if (typeof value === 'string') {
    if (!/^\s*[[{]/.test(value)) return value
    try {
      return userTextOf(JSON.parse(value))
    } catch {
      // A text that only begins like JSON.
      return value
    }
  }
  if (Array.isArray(value)) {
    return value
      .map(userTextOf)
      .filter((text) => text !== '')
      .join('\n')
  }
  const message = objectOf(value)
  if (message === undefined || (message['role'] !== undefined && message['role'] !== 'user')) return ''
  return textsOf(message['content'] ?? message['parts'] ?? message['text'])
}

const textsOf = (content: unknown): string => {
  if (typeof content === 'string') return content
  if (Array.isArray(content)) return content.map(textsOf).join('\n')
  const part = objectOf(content)
  return part === undefined ? '' : textsOf(part['content'] ?? part['text'] ?? '')
}
