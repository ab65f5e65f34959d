import type { Source } from './cast.ts'

/** A line of one source's log. */
export interface LoggedRecord {
  readonly source: Source
  readonly line: string
  /** When it was written, by no source's clock. */
  readonly writtenUs: number
  /** The true call that it is of; null for lines that are of none. */
  readonly call: number | null
}
