import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startBroker } from './kafka-broker.ts'

/*
 * A Kafka broker for development: `npm run kafka -- start` leaves one running, `stop` ends it, `run` keeps it in the
 * foreground. What it holds stays in its directory.
 */
const usage = 'Usage: npm run kafka -- start|stop|run [--port 9092] [--dir .cache/kafka/broker]'
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { port: { type: 'string', default: '9092' }, dir: { type: 'string', default: '.cache/kafka/broker' } },
})
const dir = resolve(values.dir)
const pidFile = join(dir, 'broker.pid')
const output = join(dir, 'broker.log')
const startWaitMs = 60_000

const runningPid = (): number | null => {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'))
    process.kill(pid, 0)
    return pid
  } catch {
    // No file, or nobody under that number any more.
    return null
  }
}

const run = async (): Promise<void> => {
  const broker = await startBroker({ dir, port: Number(values.port) })
  await writeFile(pidFile, String(process.pid))
  console.log(`Kafka is up at ${broker.address}; its data is in ${dir}.`)
  const timer = setInterval(() => undefined, 1 << 30)
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  await broker.stop()
  await rm(pidFile, { force: true })
  clearInterval(timer)
}

const start = async (): Promise<void> => {
  if (runningPid() !== null) throw new Error(`A broker runs over ${dir} already.`)
  await mkdir(dir, { recursive: true })
  const log = openSync(output, 'w')
  const args = [fileURLToPath(import.meta.url), 'run', '--port', values.port, '--dir', dir]
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', log, log] })
  for (let waited = 0; runningPid() === null; waited += 50) {
    if (child.exitCode !== null || waited > startWaitMs) throw new Error(readFileSync(output, 'utf8'))
    await delay(50)
  }
  child.unref()
  console.log(readFileSync(output, 'utf8').trim())
}

const stop = async (): Promise<void> => {
  const pid = runningPid()
  if (pid === null) throw new Error(`No broker runs over ${dir}.`)
  process.kill(pid, 'SIGTERM')
  while (runningPid() !== null) await delay(50)
}

const commands: Readonly<Record<string, () => Promise<void>>> = { run, start, stop }
const command = commands[positionals[0] ?? '']
if (command === undefined) {
  console.error(usage)
  process.exitCode = 2
} else {
  await command().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error))
    process.exitCode = 1
  })
}
