import type { DeadLetterShape, ReadModel } from '../api/read-model.ts'
import type { ReplayDeadLetters } from '../api/replay-routes.ts'
import { AgenttrailError } from '../errors.ts'
import { type Append, recordKeptBytes } from '../ingest/transport.ts'

export interface ReplayDeps {
  readonly readModel: Pick<ReadModel, 'deadLetters'>
  readonly append: Append
  readonly formatNames: readonly string[]
}

/** Read from the store at once, and put into the log by one request. */
const replayMax = 1000

/** Puts dead letters into the log once more. Each is a batch of its own, named after it, so that twice is once. */
export const createReplay =
  ({ readModel, append, formatNames }: ReplayDeps): ReplayDeadLetters =>
  async ({ realm, from, to, ids, format }) => {
    if (format !== null && !formatNames.includes(format)) throw unknownFormat(format, formatNames)
    const page = await readModel.deadLetters(realm, { from, to }, { limit: replayMax, cursor: null })
    const meant = page.items.filter(({ recordId }) => ids === null || ids.includes(recordId))
    const skipped = meant.flatMap((letter) => {
      const reason = whyNot(letter)
      return reason === null ? [] : [{ recordId: letter.recordId, reason }]
    })
    const readable = meant.filter((letter) => whyNot(letter) === null)
    await Promise.all(readable.map((letter) => append(batchOf(letter, realm, format ?? letter.format))))
    const isMore = page.nextCursor !== null
    return { replayed: readable.length, skipped, moreBefore: isMore ? (page.items.at(-1)?.time ?? null) : null }
  }

const whyNot = ({ raw, rawBytes }: DeadLetterShape): string | null => {
  if (rawBytes > recordKeptBytes) return `only its first ${recordKeptBytes} bytes were kept`
  if (raw.trim() === '') return 'nothing of it was kept'
  return raw.includes('\n') ? 'it has several lines' : null
}

const batchOf = ({ recordId, source, raw }: DeadLetterShape, realm: string, format: string): Parameters<Append>[0] => ({
  realm,
  source,
  format,
  transport: 'replay',
  identity: 'batch',
  batchId: `replay:${format}:${recordId}`,
  baseOffset: 0,
  records: 1,
  body: Buffer.from(raw),
  // It is old by now, and must not look like what happens at the moment.
  isBackfill: true,
})

const unknownFormat = (format: string, known: readonly string[]): AgenttrailError =>
  new AgenttrailError('AGT_FORMAT_UNKNOWN', `There is no format "${format}"; known are ${known.join(', ')}.`)
