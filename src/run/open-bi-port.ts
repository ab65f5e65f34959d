import { type Access, hasRight } from '../api/access.ts'
import { createHostCheck } from '../api/host-check.ts'
import type { Config } from '../config.ts'
import { type BiCaller, type BiPort, type BiReader, startBiPort } from '../engine/bi-port.ts'
import { AgenttrailError } from '../errors.ts'
import type { Log } from '../log/log.ts'
import type { OpenStore } from './open-store.ts'
import { ReadRecorder } from './read-recorder.ts'

/** As much of a query as the record of reads keeps. */
const sqlCharsMax = 4_000

export interface OpenBiPortDeps {
  readonly config: Pick<Config, 'clickhouseAddress'>
  readonly access: Access
  readonly store: Pick<OpenStore, 'address'>
  readonly entries: Log
  readonly onFailure: (error: unknown) => void
}

/** The ClickHouse port, where the settings ask for it and the engine is ours; else null. */
export const openBiPort = async (deps: OpenBiPortDeps): Promise<BiPort | null> => {
  const { config, access, store, entries, onFailure } = deps
  const address = config.clickhouseAddress
  if (address === 'off' || !('socketPath' in store.address)) return null
  const { socketPath } = store.address
  const reads = new ReadRecorder({ log: entries, now: Date.now, onFailure })
  try {
    const port = await startBiPort({
      address,
      socketPath,
      identify: (caller) => identify(access, address.host, caller),
      record: (reader, sql) => record(reads, reader, sql),
    })
    return {
      url: port.url,
      stop: async () => {
        await port.stop()
        await reads.stop()
      },
    }
  } catch (error) {
    await reads.stop()
    throw unusable(`${address.host}:${address.port}`, error)
  }
}

/** A token may do here what it may do with SQL elsewhere. The name of the user is not looked at. */
const identify = async (access: Access, host: string, caller: BiCaller): Promise<BiReader | null> => {
  // Where anybody is let in, a web page must not come in by a name of its own.
  if (access.mode === 'none') createHostCheck(host)(caller.headers)
  const principal = await access.identify({ authorization: `Bearer ${caller.password}` })
  if (principal === null) return null
  if (!hasRight(principal, 'query')) {
    throw new AgenttrailError('AGT_FORBIDDEN', `${principal.name} may not send SQL: give it the role analyst.`)
  }
  return {
    name: principal.name,
    scope: { realms: principal.realms, hasPayloads: hasRight(principal, 'payloads') },
  }
}

/** One record for each realm that is read; for all of them the one that every installation has. */
const record = async (reads: ReadRecorder, { name, scope }: BiReader, sql: string): Promise<void> => {
  const query = new URLSearchParams({ sql: sql.slice(0, sqlCharsMax) }).toString()
  for (const realm of scope.realms === 'all' ? ['default'] : scope.realms) {
    await reads.record({ realm, by: name, endpoint: 'ClickHouse port', target: '', query })
  }
}

const unusable = (address: string, cause: unknown): AgenttrailError =>
  new AgenttrailError(
    'AGT_ADDRESS_IN_USE',
    `Something else listens on ${address}. Stop it, or name another address in AGENTTRAIL_CLICKHOUSE_ADDRESS.`,
    { cause },
  )
