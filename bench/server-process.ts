import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const startWaitMs = 180_000
const pollMs = 25

export interface ServerProcess {
  readonly url: string
  readonly pid: number
  readonly dataDir: string
  /** Where the embedded engine answers. */
  readonly engineSocket: string
  /** What it wrote to its log. */
  readonly output: () => string
  readonly kill: (signal: NodeJS.Signals) => void
  /** Resolves with code or signal when the process has ended. */
  readonly ended: Promise<string>
}

/** Runs a module of this checkout that serves HTTP, and resolves when `readyPath` answers 200. */
export const startProcess = async (options: {
  readonly args: readonly string[]
  readonly dataDir: string
  readonly port?: number
  readonly readyPath: string
  readonly waitMs?: number
  readonly env?: Readonly<Record<string, string>>
}): Promise<ServerProcess> => {
  const port = options.port ?? (await freePort())
  const url = `http://127.0.0.1:${port}`
  const child = spawn(process.execPath, options.args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      AGENTTRAIL_DATA_DIR: options.dataDir,
      AGENTTRAIL_HTTP_ADDRESS: `127.0.0.1:${port}`,
      AGENTTRAIL_LOG_LEVEL: 'warn',
      ...options.env,
    },
  })
  const output = collectOutput(child)
  const ended = new Promise<string>((resolve) => {
    child.on('exit', (code, signal) => resolve(signal ?? `code ${code}`))
  })
  const server: ServerProcess = {
    url,
    pid: child.pid ?? 0,
    dataDir: options.dataDir,
    engineSocket: join(options.dataDir, 'engine', 'engine.sock'),
    output,
    kill: (signal) => void child.kill(signal),
    ended,
  }
  await awaitReady(server, options.readyPath, options.waitMs ?? startWaitMs)
  return server
}

/** The server of this checkout, as `agenttrail serve` runs it. */
export const startAgenttrail = (options: {
  readonly dataDir: string
  readonly waitMs?: number
  readonly port?: number
  readonly env?: Readonly<Record<string, string>>
}): Promise<ServerProcess> =>
  startProcess({ ...options, args: [join(root, 'src/cli/main.ts'), 'serve'], readyPath: '/health/live' })

/** Ends it in order; a server that does not end within half a minute is killed and reported. */
export const stopProcess = async (server: ServerProcess): Promise<void> => {
  server.kill('SIGTERM')
  const outcome = await Promise.race([server.ended, delay(30_000, 'timeout', { ref: false })])
  if (outcome === 'timeout') server.kill('SIGKILL')
  if (outcome !== 'code 0') console.error(`The server ended with ${outcome}.\n${server.output()}`)
}

const outputBytesMax = 100_000

const collectOutput = (child: ChildProcess): (() => string) => {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-outputBytesMax)
    })
  }
  return () => text
}

const awaitReady = async (server: ServerProcess, path: string, waitMs: number): Promise<void> => {
  const until = performance.now() + waitMs
  let hasEnded = ''
  void server.ended.then((outcome) => {
    hasEnded = outcome
  })
  for (;;) {
    const isReady = await fetch(server.url + path).then(
      (response) => response.body?.cancel().then(() => response.ok) ?? response.ok,
      () => false,
    )
    if (isReady) return
    if (hasEnded !== '' || performance.now() > until) {
      server.kill('SIGKILL')
      throw new Error(`The server did not start (${hasEnded || 'timeout'}).\n${server.output()}`)
    }
    await delay(pollMs)
  }
}
