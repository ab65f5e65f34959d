import { AgenttrailError } from '../errors.ts'
import type { LogEntry } from './entry.ts'
import type { LogSpace } from './log.ts'

/** Above this share sources wait; the rest is for ticks, marks, commands and receipts. */
export const sourceShareMax = 0.8

/** Whether sources may append now. */
export const hasRoom = (space: LogSpace): boolean => space.usedBytes < space.bytesMax * sourceShareMax

/** Whether these entries have to wait: batches from 80 % on, everything else only when there is no space at all. */
export const isRefusedForSpace = (space: LogSpace, entries: readonly LogEntry[]): boolean =>
  entries.some((entry) => entry.kind === 'batch') ? !hasRoom(space) : space.usedBytes >= space.bytesMax

export const refusedForSpace = (space: LogSpace): AgenttrailError => {
  const used = Math.round((space.usedBytes / space.bytesMax) * 100)
  return new AgenttrailError(
    'AGT_LOG_FULL',
    `the log is ${used} % full and takes no records until it has been analysed`,
  )
}
