import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Broker, type BrokerUser, brokerLibs, startBroker } from '../../scripts/kafka-broker.ts'

const required = (process.env['AGENTTRAIL_REQUIRE'] ?? '').split(',')

/** Whether to leave out what needs a broker; says so in a line. One that is asked for is never left out. */
export const isKafkaMissing = (): boolean => {
  if (existsSync(brokerLibs) || required.includes('kafka')) return false
  console.log('skipped: what needs kafka (.ci/kafka-parts installs it)')
  return true
}

/** For the hook that starts one: what a broker takes where many tests run at once. */
export const brokerStartMs = 180_000

/** A real broker in a directory of its own. */
export const startTestBroker = async (
  secureFor?: BrokerUser,
): Promise<Broker & { readonly close: () => Promise<void> }> => {
  const dir = await mkdtemp(join(tmpdir(), 'agenttrail-kafka-'))
  const broker = await startBroker({ dir, ...(secureFor === undefined ? {} : { secureFor }) })
  const close = async (): Promise<void> => {
    await broker.stop()
    await rm(dir, { recursive: true, force: true })
  }
  return { ...broker, close }
}
