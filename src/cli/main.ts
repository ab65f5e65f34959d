import type { CliIo } from './command.ts'
import { runCli } from './run-cli.ts'

/** A supervisor may send one signal to a wrapper and to this process: within this time both are one. */
const sameSignalMs = 300

const stop = new AbortController()
let stopAskedMs = 0

// The first signal asks to end in order, a second one ends at once.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    const nowMs = performance.now()
    if (stop.signal.aborted && nowMs - stopAskedMs > sameSignalMs) process.exit(signal === 'SIGINT' ? 130 : 143)
    if (!stop.signal.aborted) stopAskedMs = nowMs
    stop.abort()
  })
}

// A reader that goes away, such as `head`, is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

const io: CliIo = {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  now: () => new Date(),
  signal: stop.signal,
}

process.exitCode = await runCli(process.argv.slice(2), io)
