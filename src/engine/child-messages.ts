import type { ErrorCode } from '../errors.ts'

/** What the engine's process is started with, as JSON in its first argument. */
export interface ChildOptions {
  readonly storeDir: string
  readonly socketPath: string
  readonly scratchDir: string
  readonly memoryBytesMax: number
}

export type FromChild =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string }
