import { cpuSeconds, ownCpuSeconds } from './process-usage.ts'
import type { ServerProcess } from './server-process.ts'
import { readStatus } from './server-status.ts'

/** CPU seconds by what they were spent on. */
export type Stages = Readonly<Record<string, number>>

/** CPU seconds of the analyser's thread by stage, of all of the server's threads, and of the engine. */
export const readStages = async (server: ServerProcess): Promise<Stages> => {
  const { analyser } = (await readStatus(server)) as { analyser: { stageSeconds: Stages } }
  const ofThread = Object.values(analyser.stageSeconds).reduce((sum, seconds) => sum + seconds, 0)
  const own = ownCpuSeconds(server.pid)
  return {
    ...analyser.stageSeconds,
    'other threads (intake, garbage collection)': own - ofThread,
    engine: cpuSeconds(server.pid) - own,
  }
}

/** What was spent between two readings. */
export const stagesSince = (before: Stages, after: Stages): Stages =>
  Object.fromEntries(Object.entries(after).map(([stage, seconds]) => [stage, seconds - (before[stage] ?? 0)]))
