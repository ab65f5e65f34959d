import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { version as chdbVersion, Session } from 'chdb'
import { createBiRead } from './bi-port-read.ts'
import type { ChildOptions, FromChild, ToChild } from './child-messages.ts'
import { createEngineServer } from './http-server.ts'
import { createRunStatement } from './run-statement.ts'

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
  for (;;) {
    try {
      return new Session(options.storeDir, {
        connectionArgs: [`--max_server_memory_usage=${options.memoryBytesMax}`],
      })
    } catch {
      await report({ type: 'notOpened' })
      const [told] = (await once(process, 'message')) as [ToChild]
      if (told === 'stop') die()
    }
  }
}

/** The library gives it with quotes around it. */
const version = chdbVersion().libchdb.replaceAll('"', '')
const versionFile = join(options.storeDir, 'agenttrail-engine-version')

/** Refuses a directory that a newer engine has written, before this one touches it. */
const checkVersion = (): void => {
  const known = readIfThere(versionFile)
  if (isNewer(known, version)) {
    throw new NewerStoreError(
      `${options.storeDir} was written by engine ${known}; this is ${version}. Start the newer agenttrail, or restore a backup made before the upgrade.`,
    )
  }
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

const start = async (): Promise<void> => {
  mkdirSync(options.storeDir, { recursive: true, mode: 0o700 })
  checkVersion()
  // This session stays open, so that the databases stay loaded between requests.
  const store = await openStore()
  writeFileSync(versionFile, version, { mode: 0o600 })
  rmSync(options.socketPath, { force: true })
  const run = createRunStatement({
    storeDir: options.storeDir,
    scratchDir: options.scratchDir,
    readMemoryBytesMax: Math.floor(options.memoryBytesMax / 2),
  })
  const read = createBiRead({
    storeDir: options.storeDir,
    memoryBytesMax: Math.floor(options.memoryBytesMax / 4),
  })
  const server = createEngineServer({ run, read, version })
  process.on('message', (message: ToChild) => {
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
  const code = error instanceof NewerStoreError ? 'AGT_DATA_DIR_NEWER' : 'AGT_DATA_DIR_UNUSABLE'
  await report({ type: 'failed', code, message: error instanceof Error ? error.message : String(error) })
  die()
}

process.on('disconnect', die)
if (!process.connected) die()
// A Ctrl-C reaches the whole process group; the parent drains first and then says `stop`.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)
start().catch(fail)
