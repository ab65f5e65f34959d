import type { SessionLoad } from './session-template.ts'

/** What a generator process is asked to do: as much as is taken, or a steady rate. */
export interface Load {
  readonly url: string
  readonly lines: number
  readonly seconds: number
  /** Posts of each connection after which it ends although time is left; absent: no such end. */
  readonly postsMax?: number
  /** Sessions of each connection; absent: few agents, new MCP sessions now and then. */
  readonly sessions?: SessionLoad
  readonly connections: number
  /** Posts per second, sent whether or not earlier ones are answered; null = each connection as fast as it can. */
  readonly postsPerSecond: number | null
  readonly firstSerial: number
}

/** What became of it. */
export interface LoadResult {
  readonly accepted: number
  readonly posts: number
  readonly refused: number
  readonly failed: number
  readonly firstPostMs: number
  readonly lastAckMs: number
  /** Highest position of the log that an answer named; 0 where the server names none. */
  readonly lastPosition: number
  /** From when a post was due to its answer, sorted. */
  readonly ackMs: readonly number[]
}
