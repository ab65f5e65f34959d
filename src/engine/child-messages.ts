import type { ErrorCode } from '../errors.ts'

/** What the engine's process is started with, as JSON in its first argument. */
export interface ChildOptions {
  readonly storeDir: string
  readonly socketPath: string
  readonly scratchDir: string
  readonly memoryBytesMax: number
}

/**
 * `notOpened`: the library could not open the directory and says why on the error output only, which the parent reads; the
 * child then waits for `retry` or its end.
 */
export type FromChild =
  | { readonly type: 'ready' }
  | { readonly type: 'notOpened' }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string }

export type ToChild = 'retry' | 'stop'
