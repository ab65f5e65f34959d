import { createFileTransport } from '../../collectors/transports/file.ts'
import { createKafkaTransport } from '../../collectors/transports/kafka.ts'
import { createStdinTransport } from '../../collectors/transports/stdin.ts'
import type { Config } from '../config.ts'
import type { Intake, Transport } from '../ingest/transport.ts'
import type { Logger } from '../telemetry/logger.ts'

/** The transports of the settings' `collectors`: where records come from by themselves. */
export const createCollectors = (deps: {
  readonly config: Pick<Config, 'collectors'>
  readonly intake: Intake
  readonly positionsDir: string
  readonly log: Logger
}): Transport[] => {
  const { intake, positionsDir, log } = deps
  return deps.config.collectors.map((collector) => {
    if (collector.type === 'kafka') {
      const { group, topics, ...connection } = collector
      return createKafkaTransport({ intake, connection, group, topics, log })
    }
    const { format, source, realm } = collector
    const common = { intake, format, source, realm, log }
    return collector.type === 'file'
      ? createFileTransport({ ...common, path: collector.path, positionsDir })
      : createStdinTransport({ ...common, stream: process.stdin })
  })
}
