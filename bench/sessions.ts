import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { cpuSeconds, ownAnonymousBytes, ownCpuSeconds, ownResidentBytes } from './process-usage.ts'
import { runLoad } from './run-load.ts'
import { type ServerProcess, startAgenttrail, stopProcess } from './server-process.ts'
import { awaitStored, readStatus } from './server-status.ts'
import type { SessionLoad } from './session-template.ts'
import { readStages, type Stages, stagesSince } from './stages.ts'

const lines = 1_000
const connections = 4
const eventsOfMany = 1_000_000
const eventsOfFew = 400_000
const eventsOfWarmup = 100_000
/** A server without a snapshot after this long has another fault than the one looked for here. */
const snapshotWaitMs = 240_000
/** Serials of 2^24 a phase and 2^20 a connection keep all ids apart. */
const serials = { warmup: 0x1000_0000, measured: 0x2000_0000 }

/** Of one connection. In all: 100 sessions to the end, and 100,000 of five calls, 20,000 at a time. */
const few: SessionLoad = { active: 100 / connections, callsPerSession: 0 }
const many: SessionLoad = { active: 20_000 / connections, callsPerSession: 5 }

interface Phase {
  readonly events: number
  readonly seconds: number
  /** Of the main process alone, and with the engine. */
  readonly cpuMicrosPerEvent: number
  readonly cpuMicrosPerEventAll: number
  readonly stages: Stages
  readonly memory: Memory
  readonly snapshotPauseMs: number
  readonly sessionsLive: number
  readonly callsLive: number
}

/** Highest resident memory of the main process, and the part of it that is no mapped file. */
interface Memory {
  readonly rssBytes: number
  readonly anonymousBytes: number
}

/** `npm run bench -- sessions`: what many sessions cost in memory, time and pauses, beside few of them. */
export const sessions = async (): Promise<void> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'agenttrail-bench-'))
  try {
    const ofFew = await measure(join(dataDir, 'few'), { sessions: few, events: eventsOfFew })
    const ofMany = await measure(join(dataDir, 'many'), { sessions: many, events: eventsOfMany })
    report(ofFew, ofMany)
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

interface PhaseOptions {
  readonly sessions: SessionLoad
  readonly events: number
}

/** Each number of sessions gets a server of its own, so that neither pays for what the other left behind. */
const measure = async (dataDir: string, options: PhaseOptions): Promise<Phase> => {
  const server = await startAgenttrail({ dataDir })
  try {
    return await measureOn(server, options)
  } finally {
    await stopProcess(server)
  }
}

const measureOn = async (server: ServerProcess, { sessions, events }: PhaseOptions): Promise<Phase> => {
  const load = (count: number, firstSerial: number) =>
    runLoad({
      url: server.url,
      lines,
      connections,
      seconds: 600,
      postsMax: count / lines / connections,
      postsPerSecond: null,
      sessions,
      firstSerial,
    })
  await awaitStored(server, await load(eventsOfWarmup, serials.warmup))
  const stagesBefore = await readStages(server)
  const before = { own: ownCpuSeconds(server.pid), all: cpuSeconds(server.pid) }
  const memory = watchMemory(server)
  const result = await load(events, serials.measured)
  const endMs = await awaitStored(server, result)
  const used = { own: ownCpuSeconds(server.pid) - before.own, all: cpuSeconds(server.pid) - before.all }
  const stages = stagesSince(stagesBefore, await readStages(server))
  const { sessionsLive, callsLive } = await readAnalyser(server)
  // The snapshot that holds it all may still be under way, and is what may stop the analyser for longest.
  const { snapshotPauseMs } = await awaitSnapshot(server, result.lastPosition)
  return {
    events: result.accepted,
    seconds: (endMs - result.firstPostMs) / 1_000,
    cpuMicrosPerEvent: (used.own * 1e6) / result.accepted,
    cpuMicrosPerEventAll: (used.all * 1e6) / result.accepted,
    stages,
    memory: memory.stop(),
    snapshotPauseMs,
    sessionsLive,
    callsLive,
  }
}

const watchMemory = (server: ServerProcess): { readonly stop: () => Memory } => {
  const highest = { rssBytes: 0, anonymousBytes: 0 }
  const sampling = setInterval(() => {
    highest.rssBytes = Math.max(highest.rssBytes, ownResidentBytes(server.pid))
    highest.anonymousBytes = Math.max(highest.anonymousBytes, ownAnonymousBytes(server.pid))
  }, 250)
  return {
    stop: () => {
      clearInterval(sampling)
      return highest
    },
  }
}

interface AnalyserStatus {
  readonly callsLive: number
  readonly sessionsLive: number
  readonly lastSnapshotPosition: number
  readonly snapshotPauseMs: number
}

const readAnalyser = async (server: ServerProcess): Promise<AnalyserStatus> =>
  ((await readStatus(server)) as { readonly analyser: AnalyserStatus }).analyser

/** Resolves when a snapshot from after the position is complete. */
const awaitSnapshot = async (server: ServerProcess, position: number): Promise<AnalyserStatus> => {
  const until = performance.now() + snapshotWaitMs
  while (performance.now() < until) {
    const status = await readAnalyser(server)
    if (status.lastSnapshotPosition >= position) return status
    await delay(500)
  }
  console.error(`no snapshot of everything was complete after ${snapshotWaitMs / 1_000} s`)
  return readAnalyser(server)
}

const report = (ofFew: Phase, ofMany: Phase): void => {
  console.table({ 'few sessions': rowOf(ofFew), 'many sessions': rowOf(ofMany) })
  console.table({ 'few sessions': microsOf(ofFew), 'many sessions': microsOf(ofMany) })
  const summary = {
    rssBytes: ofMany.memory.rssBytes,
    anonymousBytes: ofMany.memory.anonymousBytes,
    ratio: round(ofMany.cpuMicrosPerEvent / ofFew.cpuMicrosPerEvent, 2),
    ratioWithEngine: round(ofMany.cpuMicrosPerEventAll / ofFew.cpuMicrosPerEventAll, 2),
    snapshotPauseMs: round(ofMany.snapshotPauseMs, 1),
    cpuMicrosPerEvent: round(ofMany.cpuMicrosPerEvent, 1),
  }
  console.log(JSON.stringify(summary))
}

const rowOf = (phase: Phase) => ({
  events: phase.events,
  'events/s': Math.round(phase.events / phase.seconds),
  'CPU µs/event': round(phase.cpuMicrosPerEvent, 1),
  'with engine': round(phase.cpuMicrosPerEventAll, 1),
  'RSS MB': Math.round(phase.memory.rssBytes / 1e6),
  'without files': Math.round(phase.memory.anonymousBytes / 1e6),
  'snapshot pause ms': round(phase.snapshotPauseMs, 1),
  'sessions live': phase.sessionsLive,
  'calls live': phase.callsLive,
})

/** CPU µs per event by what they were spent on. */
const microsOf = ({ stages, events }: Phase) =>
  Object.fromEntries(Object.entries(stages).map(([stage, seconds]) => [stage, round((seconds * 1e6) / events, 1)]))

const round = (value: number, digits: number): number => Number(value.toFixed(digits))
