import { setTimeout as delay } from 'node:timers/promises'
import { AgenttrailError } from '../errors.ts'

const retryEveryMs = 200

/** Asks again for as long as the store is away: an engine that dies while it starts is started again. */
export const untilAvailable = async <T>(ask: () => Promise<T>): Promise<T> => {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof AgenttrailError && error.code === 'AGT_STORE_UNAVAILABLE')) throw error
      await delay(retryEveryMs)
    }
  }
}
