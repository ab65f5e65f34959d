import type { Principal } from './access.ts'
import type { PipelineStatus } from './read-model.ts'

/** The status without what tells of other realms: counts are over all of them. */
export const statusFor = ({ realms }: Principal, status: PipelineStatus): PipelineStatus => {
  if (realms === 'all') return status
  const { watermark, callsLive, sessionsLive, lateEvents, limitsReached, stageSeconds } = nothing
  const analyser = { ...status.analyser, watermark, callsLive, sessionsLive, lateEvents, limitsReached, stageSeconds }
  return { ...status, records: {}, analyser }
}

const nothing = { watermark: null, callsLive: 0, sessionsLive: 0, lateEvents: 0, limitsReached: {}, stageSeconds: {} }
