import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Seconds since the newest complete snapshot in the directory; null if there is none. */
export const snapshotAgeSeconds = (snapshotDir: string, nowMs: number): number | null => {
  const writtenMs = readdirSync(snapshotDir)
    .filter((name) => name.endsWith('.snapshot'))
    .map((name) => statSync(join(snapshotDir, name), { throwIfNoEntry: false })?.mtimeMs ?? 0)
  return writtenMs.length === 0 ? null : Math.max(0, (nowMs - Math.max(...writtenMs)) / 1000)
}
