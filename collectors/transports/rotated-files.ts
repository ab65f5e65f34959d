import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** What rotation puts behind a name: `.1`, `-20260102`, `.2026-01-02`; compressed files are not read. */
const rotatedSuffix = /^[.-]\d[\d.T_-]*$/

/** The files that rotation has made of `path`, the one written to last at the end. */
export const rotatedFiles = async (path: string): Promise<{ readonly path: string; readonly mtimeMs: number }[]> => {
  const name = basename(path)
  const siblings = await readdir(dirname(path)).catch(() => [])
  const rotated = siblings.filter(
    (sibling) => sibling.startsWith(name) && rotatedSuffix.test(sibling.slice(name.length)),
  )
  const files = await Promise.all(
    rotated.map(async (sibling) => {
      const file = join(dirname(path), sibling)
      const found = await stat(file).catch(() => null)
      return found === null ? [] : [{ path: file, mtimeMs: found.mtimeMs }]
    }),
  )
  return files.flat().sort((one, other) => one.mtimeMs - other.mtimeMs)
}
