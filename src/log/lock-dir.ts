import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { AgenttrailError } from '../errors.ts'

const retryMs = 100

/**
 * Takes `dir` for this process alone, trying for `waitMs`; resolves with the release. The lock is the operating system's
 * (through SQLite, the only way Node has to take one), so it ends with the process however that dies; the pid in
 * `lock.pid` is for the message only. Throws `AGT_DATA_DIR_LOCKED`.
 */
export const lockDir = async (dir: string, waitMs: number): Promise<() => void> => {
  const deadline = performance.now() + waitMs
  const pidPath = join(dir, 'lock.pid')
  for (;;) {
    const held = tryLock(join(dir, 'lock'))
    if (held !== undefined) {
      // For people only: on a full disk the log can still be read.
      await writeFile(pidPath, `${process.pid}\n`).catch(() => undefined)
      return () => held.close()
    }
    if (performance.now() >= deadline) {
      const pid = (await readFile(pidPath, 'utf8').catch(() => '')).trim()
      throw new AgenttrailError(
        'AGT_DATA_DIR_LOCKED',
        `${dir} is in use by another agenttrail process (pid ${pid || '?'})`,
      )
    }
    await sleep(retryMs)
  }
}

const sqliteBusy = 5

const tryLock = (path: string): DatabaseSync | undefined => {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    // Held until close: the transaction stays open and writes nothing.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode === sqliteBusy) return undefined
    throw error
  }
}
