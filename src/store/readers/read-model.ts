import type { ReadModel } from '../../api/read-model.ts'
import { createActionReader } from './actions.ts'
import { createCallReader } from './calls.ts'
import { createCommandReader } from './commands.ts'
import { createEventReader } from './events.ts'
import { createFindingReader } from './findings.ts'
import { createSessionReader, type SessionReaderDeps } from './sessions.ts'

/** What API and console read, from the store. Every read has a limit, and every list a range of time. */
export const createReadModel = ({ client, now, sessionIdleMs }: SessionReaderDeps): ReadModel => ({
  ...createSessionReader({ client, now, sessionIdleMs }),
  ...createCallReader(client, now),
  ...createEventReader(client, now),
  ...createFindingReader(client, now),
  ...createActionReader(client, now),
  ...createCommandReader(client, now),
})
