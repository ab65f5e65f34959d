import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Session } from 'chdb'
import type { ErrorCode } from '../errors.ts'
import type { ChildOptions, FromChild } from './child-messages.ts'
import { createEngineServer } from './http-server.ts'
import { createRunStatement } from './run-statement.ts'

/** How long a directory may stay locked by a predecessor that is still going down. */
const lockWaitMs = 10_000
const lockRetryMs = 100

const options = JSON.parse(process.argv[2] ?? '{}') as ChildOptions

const report = (message: FromChild): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined) resolve()
    else process.send(message, () => resolve())
  })

/** The store survives a kill, and whoever starts next needs the directory at once: no time is spent on farewells. */
const die = (): void => {
  process.kill(process.pid, 'SIGKILL')
}

const openStore = async (): Promise<Session> => {
  const giveUpAt = performance.now() + lockWaitMs
  for (;;) {
    try {
      return new Session(options.storeDir, {
        connectionArgs: [`--max_server_memory_usage=${options.memoryBytesMax}`],
      })
    } catch (error) {
      if (!isLocked(error) || performance.now() > giveUpAt) throw error
      await sleep(lockRetryMs)
    }
  }
}

const isLocked = (error: unknown): boolean =>
  error instanceof Error && /Cannot lock file|Code: 76\b/.test(error.message)

/** Refuses a directory that a newer engine has written, and notes this engine's version in it. */
const checkVersion = async (store: Session): Promise<void> => {
  const version = (await store.queryAsync('SELECT version()', { format: 'TabSeparated' })).text().trim()
  const file = join(options.storeDir, 'agenttrail-engine-version')
  const known = readIfThere(file)
  if (isNewer(known, version)) {
    throw new NewerStoreError(`${options.storeDir} was written by engine ${known}; this is ${version}.`)
  }
  if (known !== version) writeFileSync(file, version, { mode: 0o600 })
}

class NewerStoreError extends Error {}

const readIfThere = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}

/** Compares the first two numbers of a version: within a release series the format stays. */
const isNewer = (known: string, version: string): boolean => {
  const [major = 0, minor = 0] = known.split('.').map(Number)
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number)
  return major > ownMajor || (major === ownMajor && minor > ownMinor)
}

const codeOf = (error: unknown): ErrorCode => {
  if (error instanceof NewerStoreError) return 'AGT_DATA_DIR_NEWER'
  return isLocked(error) ? 'AGT_DATA_DIR_LOCKED' : 'AGT_DATA_DIR_UNUSABLE'
}

const start = async (): Promise<void> => {
  mkdirSync(options.storeDir, { recursive: true, mode: 0o700 })
  // This session stays open, so that the databases stay loaded between requests.
  const store = await openStore()
  await checkVersion(store)
  rmSync(options.socketPath, { force: true })
  const run = createRunStatement({
    storeDir: options.storeDir,
    scratchDir: options.scratchDir,
    readMemoryBytesMax: Math.floor(options.memoryBytesMax / 2),
  })
  const server = createEngineServer(run)
  process.on('message', (message) => {
    if (message !== 'stop') return
    server.close(() => {
      store.close()
      process.exit(0)
    })
    server.closeIdleConnections()
  })
  server.on('error', (error) => void fail(error))
  server.listen(options.socketPath, () => void report({ type: 'ready' }))
}

const fail = async (error: unknown): Promise<void> => {
  await report({ type: 'failed', code: codeOf(error), message: error instanceof Error ? error.message : String(error) })
  die()
}

process.on('disconnect', die)
if (!process.connected) die()
// A Ctrl-C reaches the whole process group; the parent drains first and then says `stop`.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)
start().catch(fail)
