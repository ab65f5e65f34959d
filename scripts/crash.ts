import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { freePort } from '../bench/free-port.ts'
import { family } from '../bench/process-usage.ts'
import { type ServerProcess, startAgenttrail, stopProcess } from '../bench/server-process.ts'
import { CrashClient } from './crash-client.ts'
import { readVerdict, type Verdict } from './crash-verdict.ts'
import { DetectionWatch, readPartition } from './detection-watch.ts'

const connections = 4
const pauseMs = 20
const settleWaitMs = 120_000

/*
 * Goal: what was acknowledged is stored, whole and once, however often the server and its engine are killed.
 * Method: a client posts batches with known ids without a pause while SIGKILL hits, in turn, the server's process and its
 * engine's; at the end the store is compared with what the client was told. With `--engine-every S` only the engine is
 * killed, every S seconds, and the longest silence of acknowledgements and of the analysis is reported. With `--actions` see
 * `crash-actions.ts`.
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    'engine-every': { type: 'string' },
    actions: { type: 'boolean', default: false },
  },
})
if (values.actions) {
  const { crashActions, crashPoints } = await import('./crash-actions.ts')
  const verdict = await crashActions(crashPoints)
  console.table(Object.fromEntries(Object.entries(verdict).map(([name, value]) => [name, { value }])))
  console.log(JSON.stringify(verdict))
  const isSound = verdict.unfinished + verdict.revocationsLost + verdict.pagesWrong === 0
  process.exit(isSound && verdict.kills === crashPoints.length ? 0 : 1)
}
const kills = Number(values.kills)
const engineEverySeconds = values['engine-every'] === undefined ? null : Number(values['engine-every'])
if (!(kills >= 1) || !(engineEverySeconds === null || engineEverySeconds > 0)) {
  console.error('Usage: npm run test:crash -- [--kills N] [--engine-every SECONDS] | --actions')
  process.exit(2)
}

const dataDir = await mkdtemp(join(tmpdir(), 'agenttrail-crash-'))
const port = await freePort()
const start = (): Promise<ServerProcess> => startAgenttrail({ dataDir, port })

/** SIGKILL for the engine's process; a moment in which there is none counts as no kill. */
const killEngine = (server: ServerProcess): boolean => {
  const [engine] = family(server.pid).filter((pid) => pid !== server.pid)
  if (engine === undefined) return false
  try {
    process.kill(engine, 'SIGKILL')
    return true
  } catch {
    return false
  }
}

let server = await start()
const client = new CrashClient({ url: server.url, pauseMs })
const watch = new DetectionWatch(server.url)
client.start(connections)
let killed = 0
/** How often the server ended by itself: the death of its engine must never take it along. */
let ownExits = 0
let longestRestartMs = 0

const restart = async (): Promise<void> => {
  const beganMs = performance.now()
  server = await start()
  longestRestartMs = Math.max(longestRestartMs, performance.now() - beganMs)
}

/** Waits, and brings back a server that ended by itself meanwhile. */
const pause = async (ms: number): Promise<void> => {
  const outcome = await Promise.race([server.ended, delay(ms, '')])
  if (outcome === '') return
  ownExits += 1
  console.error(`The server ended by itself (${outcome}).\n${server.output()}`)
  await restart()
}

/** Until all that is in the log is stored, so that the store can be compared. */
const settle = async (): Promise<void> => {
  const until = performance.now() + settleWaitMs
  let target: number | null = null
  while (performance.now() < until) {
    const partition = await readPartition(server.url)
    target ??= partition?.logEnd ?? null
    if (target !== null && (partition?.storedThrough ?? 0) >= target) return
    await pause(100)
  }
  throw new Error(`the server did not store what it has within ${settleWaitMs / 1_000} s\n${server.output()}`)
}

const killInTurn = async (): Promise<void> => {
  while (killed < kills) {
    await pause(200 + Math.random() * 1_300)
    if (killed % 2 === 1) {
      if (killEngine(server)) killed += 1
      continue
    }
    server.kill('SIGKILL')
    await server.ended
    killed += 1
    await restart()
  }
}

const killEngineEvery = async (seconds: number): Promise<void> => {
  watch.start()
  while (killed < kills) {
    await pause(seconds * 1_000)
    if (killEngine(server)) killed += 1
  }
  await pause(seconds * 1_000)
  await watch.stop()
}

const report = (verdict: Verdict): void => {
  const gaps =
    engineEverySeconds === null
      ? { longestRestartMs: Math.round(longestRestartMs) }
      : {
          longestAckGapMs: Math.round(client.longestAckGapMs),
          longestDetectionGapMs: Math.round(watch.longestGapMs),
        }
  const summary = { kills: killed, ...verdict, ownExits, ...gaps }
  console.table(Object.fromEntries(Object.entries(summary).map(([name, value]) => [name, { value }])))
  console.log(`${client.abandoned.size} batches were cut off and not sent again.`)
  console.log(JSON.stringify(summary))
}

try {
  await (engineEverySeconds === null ? killInTurn() : killEngineEvery(engineEverySeconds))
  await client.stop()
  await settle()
  const verdict = await readVerdict(server.engineSocket, client.acknowledged)
  report(verdict)
  const isSound = verdict.lost + verdict.partial + verdict.duplicate + verdict.uncollapsed + ownExits === 0
  process.exitCode = isSound && verdict.acknowledged > 0 ? 0 : 1
} finally {
  await stopProcess(server)
  if (process.exitCode === 0) await rm(dataDir, { recursive: true, force: true })
  else console.error(`What is left of it is in ${dataDir}.`)
}
