import type { PipelineStatus } from '../api/read-model.ts'
import type { Log } from '../log/log.ts'
import type { Progress } from './worker-messages.ts'

export interface PipelineStatusDeps {
  readonly log: Log
  readonly progress: Progress | null
  readonly store: PipelineStatus['store']
  readonly space: PipelineStatus['space']
  readonly acceptsRecords: boolean
  readonly nowMs: number
  readonly startedMs: number
  readonly version: string
}

/** Puts together what the log, the analyser's thread and the engine's supervisor say of themselves. */
export const pipelineStatus = (deps: PipelineStatusDeps): PipelineStatus => {
  const { log, progress } = deps
  const logEnd = log.end()
  const analysed = progress?.position ?? 0
  return {
    records: progress?.records ?? {},
    partitions: [
      {
        partition: 0,
        logEnd,
        analysed,
        storedThrough: progress?.storedThrough ?? 0,
        lagRecords: Math.max(0, logEnd - analysed),
        // Ticks come every second: the last one applied is how far the analyser is in time.
        lagSeconds: progress === null ? 0 : Math.max(0, (deps.nowMs - progress.tickMs) / 1000 - 1),
      },
    ],
    log: { ...log.space(), acceptsRecords: deps.acceptsRecords },
    store: deps.store,
    space: deps.space,
    analyser: analyserStatus(progress),
    version: deps.version,
    uptimeSeconds: (deps.nowMs - deps.startedMs) / 1000,
  }
}

const analyserStatus = (progress: PipelineStatusDeps['progress']): PipelineStatus['analyser'] => ({
  watermark: progress === null || progress.watermarkUs >= Number.MAX_SAFE_INTEGER ? null : isoOf(progress.watermarkUs),
  callsLive: progress?.callsLive ?? 0,
  sessionsLive: progress?.sessionsLive ?? 0,
  lateEvents: progress?.lateEvents ?? 0,
  limitsReached: progress?.limitsReached ?? {},
  lastSnapshotPosition: progress?.snapshotPosition ?? 0,
  snapshotPauseMs: progress?.snapshotPauseMs ?? 0,
  stageSeconds: progress?.stageSeconds ?? {},
})

const isoOf = (timeUs: number): string =>
  `${new Date(Math.floor(timeUs / 1000)).toISOString().slice(0, -1)}${String(timeUs % 1000).padStart(3, '0')}Z`
