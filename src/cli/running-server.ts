import type { RunningServer } from '../run/serve.ts'
import { type CliIo, exitCodes } from './command.ts'

/** Waits until the user asks to stop, stops in order and resolves with the exit code. Throws what made the server fail. */
export const runUntilStopped = async (server: Pick<RunningServer, 'failed' | 'stop'>, io: CliIo): Promise<number> => {
  const failure = await Promise.race([server.failed, aborted(io.signal)])
  await server.stop()
  if (failure !== null) throw failure
  return exitCodes.fine
}

const aborted = (signal: AbortSignal): Promise<null> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(null)
    else signal.addEventListener('abort', () => resolve(null), { once: true })
  })
