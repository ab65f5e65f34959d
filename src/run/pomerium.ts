import { setTimeout as sleep } from 'node:timers/promises'
import type { PomeriumSettings } from '../config-pomerium.ts'
import type { Append, Transport } from '../ingest/transport.ts'
import type { Lever } from '../respond/lever.ts'
import { createDatabrokerLever, type WhoIsWho } from '../respond/levers/databroker.ts'
import { createDatabroker } from '../respond/levers/databroker-client.ts'
import { DatabrokerWatch, type Seen } from '../respond/levers/databroker-watch.ts'
import type { Logger } from '../telemetry/logger.ts'
import { RecordQueue } from './record-queue.ts'
import { readSecretFile } from './secret-file.ts'

/** A Pomerium that this process may ask and change. */
export interface ConnectedPomerium {
  readonly lever: Lever
  /** Brings what the databroker shows into the log. */
  readonly watch: (append: Append) => Transport
}

/** Every session there is comes at the start. */
const recordsMax = 200_000

const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}

/** Connects when it is first asked or watched: a Pomerium that is away keeps nothing from starting. */
export const connectPomerium = (settings: PomeriumSettings, log: Logger): ConnectedPomerium => {
  const sharedSecret = readSecretFile(settings.sharedSecretFile, "Pomerium's shared secret")
  const databroker = createDatabroker({ url: settings.databrokerUrl, sharedSecret, now: Date.now })
  let known: WhoIsWho = { clientsOf: () => [], nameOf: (clientId) => clientId }
  const who: WhoIsWho = {
    clientsOf: (sessionId) => known.clientsOf(sessionId),
    nameOf: (clientId) => known.nameOf(clientId),
  }
  return {
    lever: createDatabrokerLever({ databroker, now: Date.now, sleep: pause, who }),

    watch: (append) => {
      const names = { source: 'pomerium-databroker', format: 'pomerium-databroker', transport: 'databroker' }
      const queue = new RecordQueue({ append, log, ...names, what: 'records of the databroker', recordsMax })
      const watch = new DatabrokerWatch({
        databroker,
        now: Date.now,
        sleep: pause,
        onSeen: (seen) => queue.add(settings.realm, () => lineOf(seen)),
        onFailure: (err) => log.warn({ err }, "Pomerium's databroker cannot be watched now"),
      })
      known = watch
      return {
        name: 'databroker',
        // It waits for nobody: a Pomerium that does not answer is looked for again and again.
        start: async () => void watch.start(),
        stop: async () => {
          await watch.stop()
          await queue.stop()
          databroker.close()
        },
      }
    },
  }
}

/** As the format `pomerium-databroker` reads it. */
const lineOf = ({ change, timeMs, sessionId, userId, clientId, clientName }: Seen): string =>
  JSON.stringify({
    product: 'pomerium-databroker',
    time: new Date(timeMs).toISOString(),
    change,
    session_id: sessionId,
    user_id: userId,
    client_id: clientId,
    client_name: clientName,
  })
