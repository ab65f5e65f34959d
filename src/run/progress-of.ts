import type { Analyser } from '../analyse/analyser.ts'
import type { Progress } from './worker-messages.ts'

/** How far the analyser is; `around` is what it does not know itself. */
export const progressOf = (
  analyser: Analyser,
  around: Pick<Progress, 'storedThrough' | 'isSettled' | 'snapshotPosition' | 'snapshotPauseMs' | 'stageSeconds'>,
): Progress => {
  const realms = [...analyser.realms.values()]
  const sum = (of: (realm: (typeof realms)[number]) => number): number => realms.reduce((total, r) => total + of(r), 0)
  return {
    ...around,
    type: 'progress',
    position: analyser.position,
    tickMs: analyser.tickMs,
    records: analyser.records,
    watermarkUs: Math.min(...realms.map((realm) => realm.sources.watermarkUs), Number.MAX_SAFE_INTEGER),
    callsLive: sum((realm) => realm.correlator.calls.live.size),
    sessionsLive: sum((realm) => realm.correlator.sessions.table.size),
    lateEvents: sum((realm) => realm.correlator.lateEvents),
    limitsReached: analyser.limitsReached,
  }
}
