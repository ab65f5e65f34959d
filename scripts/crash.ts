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
import { DetectionWatch } from './detection-watch.ts'

const connections = 4
const pauseMs = 20
const settleWaitMs = 120_000

/*
 * Goal: what was acknowledged is stored, whole and once, however often the server and its engine are killed.
 * Method: a client posts batches with known ids without a pause while SIGKILL hits, in turn, the server's process and its
 * engine's; at the end the store is compared with what the client was told. With `--engine-every S` only the engine is
 * killed, every S seconds, and the longest silence of acknowledgements and of the analysis is reported.
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    'engine-every': { type: 'string' },
  },
})
const kills = Number(values.kills)
const engineEverySeconds = values['engine-every'] === undefined ? null : Number(values['engine-every'])
if (!(kills >= 1) || !(engineEverySeconds === null || engineEverySeconds > 0)) {
  console.error('Usage: npm run test:crash -- [--kills N] [--engine-every SECONDS]')
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

/** Until all that is in the log is stored, so that the store can be compared. */
const settle = async (server: ServerProcess): Promise<void> => {
  const until = performance.now() + settleWaitMs
  const answer = await fetch(`${server.url}/api/v1/status`)
  const target = ((await answer.json()) as { partitions: { logEnd: number }[] }).partitions[0]?.logEnd ?? 0
  while (performance.now() < until) {
    const status = (await (await fetch(`${server.url}/api/v1/status`)).json()) as {
      partitions: { storedThrough: number }[]
    }
    if ((status.partitions[0]?.storedThrough ?? 0) >= target) return
    await delay(100)
  }
  throw new Error(`the server did not store what it has within ${settleWaitMs / 1_000} s\n${server.output()}`)
}

let server = await start()
const client = new CrashClient({ url: server.url, pauseMs })
const watch = new DetectionWatch(server.url)
client.start(connections)
let killed = 0
let longestRestartMs = 0

const killInTurn = async (): Promise<void> => {
  while (killed < kills) {
    await delay(200 + Math.random() * 1_300)
    if (killed % 2 === 1) {
      if (killEngine(server)) killed += 1
      continue
    }
    server.kill('SIGKILL')
    await server.ended
    killed += 1
    const beganMs = performance.now()
    server = await start()
    longestRestartMs = Math.max(longestRestartMs, performance.now() - beganMs)
  }
}

const killEngineEvery = async (seconds: number): Promise<void> => {
  watch.start()
  while (killed < kills) {
    await delay(seconds * 1_000)
    if (killEngine(server)) killed += 1
  }
  await delay(seconds * 1_000)
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
  const summary = { kills: killed, ...verdict, ...gaps }
  console.table(Object.fromEntries(Object.entries(summary).map(([name, value]) => [name, { value }])))
  console.log(`${client.abandoned.size} batches were cut off and not sent again.`)
  console.log(JSON.stringify(summary))
}

try {
  await (engineEverySeconds === null ? killInTurn() : killEngineEvery(engineEverySeconds))
  await client.stop()
  await settle(server)
  const verdict = await readVerdict(server.engineSocket, client.acknowledged)
  report(verdict)
  const isSound = verdict.lost + verdict.partial + verdict.duplicate + verdict.uncollapsed === 0
  process.exitCode = isSound && verdict.acknowledged > 0 ? 0 : 1
} finally {
  await stopProcess(server)
  if (process.exitCode === 0) await rm(dataDir, { recursive: true, force: true })
  else console.error(`What is left of it is in ${dataDir}.`)
}
