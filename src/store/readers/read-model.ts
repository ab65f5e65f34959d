import type { ReadModel } from '../../api/read-model.ts'
import { createActionReader } from './actions.ts'
import { createCallReader } from './calls.ts'
import { createCommandReader } from './commands.ts'
import { createEventReader } from './events.ts'
import { createFindingReader } from './findings.ts'
import { createInventoryReader } from './inventory.ts'
import { createSearchReader } from './search.ts'
import { createSessionReader, type SessionReaderDeps } from './sessions.ts'

/** What API and console read, from the store. Every read has a limit, and every list a range of time. */
export const createReadModel = ({ client, now, sessionIdleMs }: SessionReaderDeps): ReadModel => {
  const sessions = createSessionReader({ client, now, sessionIdleMs })
  const calls = createCallReader(client, now)
  const findings = createFindingReader(client, now)
  return {
    ...sessions,
    ...calls,
    ...findings,
    ...createSearchReader({ ...sessions, ...calls, ...findings, now }),

    ...createEventReader(client, now),
    ...createActionReader(client, now),
    ...createCommandReader(client, now),
    ...createInventoryReader(client, now),
  }
}
