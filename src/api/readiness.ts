import type { PipelineStatus } from './read-model.ts'

/** Why the server cannot do all of its work now; empty = ready. */
export const notReadyReasons = (status: PipelineStatus): readonly string[] => [
  ...(status.store.state === 'up' ? [] : [storeReasons[status.store.state]]),
  ...(status.log.acceptsRecords ? [] : ['the log is full; records are refused until the store has taken more']),
]

const storeReasons = {
  starting: 'the store is starting',
  down: 'the store is down; records are kept in the log until it is back',
} as const
