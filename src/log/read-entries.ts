import { AgenttrailError } from '../errors.ts'
import { decodeEntry } from './codec.ts'
import type { PositionedEntry } from './log.ts'

/** What holds the encoded entries. */
export interface EntryBytes {
  readonly first: () => number
  readonly end: () => number
  readonly get: (position: number) => Buffer | undefined
}

/** `Log.read` over encoded entries: from `from` to the end or about `bytesMax`, without a gap. */
export const readEntries = (source: EntryBytes, from: number, bytesMax: number): PositionedEntry[] => {
  // A reader's view is renewed by asking for the first entry; the end is then as new.
  const first = source.first()
  const end = source.end()
  if (from > end) return []
  if (from < first) throw gap(`position ${from} was trimmed away; the oldest kept is ${first}`)
  const entries: PositionedEntry[] = []
  let bytesRead = 0
  for (let position = from; position <= end; position += 1) {
    const bytes = source.get(position)
    if (bytes === undefined) throw gap(`position ${position} is missing between ${first} and ${end}`)
    if (entries.length > 0 && bytesRead + bytes.length > bytesMax) break
    bytesRead += bytes.length
    entries.push({ position, entry: decodeEntry(bytes, position) })
  }
  return entries
}

const gap = (what: string): AgenttrailError => new AgenttrailError('AGT_LOG_GAP', `the log has a gap: ${what}`)
