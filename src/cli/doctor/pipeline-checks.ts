import type { RecordCounts, StatusShape } from '../shapes.ts'
import { type Check, fine, hint, wrong } from './check.ts'

const lagSecondsMax = 30
/** Fewer records than this say nothing about a format. */
const recordsMin = 20

/** What the server's own status tells. */
export const checkPipeline = (status: StatusShape): readonly Check[] => [
  checkStore(status),
  checkLog(status),
  checkSpace(status),
  checkLag(status),
  ...checkFormats(status),
]

const checkStore = ({ store }: StatusShape): Check => {
  const restarts = store.restarts === 0 ? '' : `, restarted ${store.restarts} times`
  const text = `${store.kind}, ${store.state}${restarts}`
  if (store.state === 'up') {
    return store.restarts < 3
      ? fine('store', text)
      : hint(
          'store',
          text,
          'Look for the engine in the server’s log; a larger AGENTTRAIL_ENGINE_MEMORY_BYTES_MAX may help.',
        )
  }
  return wrong(
    'store',
    text,
    'Nothing is lost and detection goes on, but what is new does not show. If it lasts, see the server’s log for the reason.',
  )
}

const checkLog = ({ log }: StatusShape): Check => {
  const share = Math.round((100 * log.usedBytes) / Math.max(1, log.bytesMax))
  const text = `${share} % of its space is used`
  if (log.acceptsRecords) return fine('log', text)
  return wrong('log', `${text}; sources are told to wait`, 'Bring the store back, or raise AGENTTRAIL_LOG_BYTES_MAX.')
}

const checkSpace = ({ space }: StatusShape): Check => {
  const share = Math.round((100 * space.usedBytes) / Math.max(1, space.budgetBytes))
  const text = `${share} % of what may be used is used`
  if (space.isOverBudget) {
    return wrong(
      'space',
      `${text}, and no payloads are left to remove`,
      'Make room on the disk, keep events for a shorter time (AGENTTRAIL_RETENTION_EVENTS), or raise AGENTTRAIL_RETENTION_DISK_MAX.',
    )
  }
  return (space.removedBytes['disk'] ?? 0) === 0
    ? fine('space', text)
    : hint(
        'space',
        text,
        'Payloads were removed before their time because the disk was too full. Make room to keep them.',
      )
}

const checkLag = ({ partitions }: StatusShape): Check => {
  const lagSeconds = Math.max(0, ...partitions.map((partition) => partition.lagSeconds))
  const text = `the analysis is ${Math.round(lagSeconds)} s behind`
  return lagSeconds <= lagSecondsMax
    ? fine('analysis', text)
    : wrong('analysis', text, 'More comes in than this machine can analyse. Give it more CPU, or send less.')
}

const checkFormats = ({ records }: StatusShape): readonly Check[] => {
  const formats = Object.entries(records)
  if (formats.length === 0) {
    return [hint('records', 'none have come in', 'Send some: `agenttrail ingest FILE`, or run `agenttrail demo`.')]
  }
  return formats.map(([format, counts]) => checkFormat(format, counts))
}

const checkFormat = (format: string, counts: RecordCounts): Check => {
  const { stored, ignored, duplicate, rejected } = counts
  const name = `records (${format})`
  const text = `${stored} stored, ${ignored} ignored, ${duplicate} duplicate, ${rejected} rejected`
  const read = stored + ignored + rejected
  if (read < recordsMin) return fine(name, text)
  if (rejected * 2 > read) {
    return wrong(
      name,
      text,
      'Most cannot be read: is this the right format? `agenttrail dead-letters` says why, and from which source.',
    )
  }
  if (stored === 0) {
    return wrong(
      name,
      text,
      'All of it is noise to this format. Pomerium writes `authorize check` and `http-request` lines only at log level info.',
    )
  }
  return fine(name, text)
}
