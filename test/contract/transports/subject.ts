import type { Intake } from '../../../src/ingest/transport.ts'

/** A transport with a source in front of it, as the contract sees them. */
export interface TransportSubject {
  readonly start: () => Promise<void>
  /** The source has these lines now. It offers them as such sources do: until it was told that they are kept. */
  readonly offer: (lines: readonly string[]) => void
  /** How many lines the source was told are kept, so that it would not offer them again; null if it is never told. */
  readonly acknowledged: (() => Promise<number>) | null
  /** The record that an offered line becomes, where it is not the line itself. */
  readonly recordOf?: (line: string) => string
  readonly stop: () => Promise<void>
}

export type MakeSubject = (options: { readonly intake: Intake; readonly dir: string }) => TransportSubject

/** What a source that was turned away waits here. */
export const retryAfterSeconds = 0.05
