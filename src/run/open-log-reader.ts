import { createKafka } from '../ingest/kafka-connection.ts'
import { openKafkaLogReader } from '../log/kafka-log.ts'
import { openLmdbLogReader } from '../log/lmdb-log.ts'
import type { LogReader } from '../log/log.ts'
import type { WorkerLog } from './worker-messages.ts'

const silent = { debug: () => undefined, warn: () => undefined }

/** On one node the main thread tells of what it appends; in a cluster others append, and the reader tells. */
export const openLogReader = async (log: WorkerLog, onArrival: () => void): Promise<LogReader> => {
  if (log.kind === 'local') return openLmdbLogReader({ dir: log.dir })
  const { connection, topics, partition } = log
  return openKafkaLogReader({ kafka: createKafka(connection, silent), topics, partition, log: silent, onArrival })
}
