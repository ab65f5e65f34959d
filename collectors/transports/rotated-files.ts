import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'

/** A file that rotation has made of a followed one. */
export interface RotatedFile {
  readonly path: string
  readonly mtimeMs: number
}

/** What rotation puts into a name: `.1`, `-20260102`, `.2026-01-02`, `-2026-01-02T15-04-05.000`. */
const rotationMark = /^[.-]\d[\d.T_-]*$/

/** The files that rotation has made of `path`, compressed ones too, the one written to last at the end. */
export const rotatedFiles = async (path: string): Promise<RotatedFile[]> => {
  const name = basename(path)
  const siblings = await readdir(dirname(path)).catch(() => [])
  const files = await Promise.all(
    siblings
      .filter((sibling) => isRotated(name, sibling.replace(/\.(?:gz|zst)$/, '')))
      .map(async (sibling) => {
        const file = join(dirname(path), sibling)
        const found = await stat(file).catch(() => null)
        return found === null ? [] : [{ path: file, mtimeMs: found.mtimeMs }]
      }),
  )
  // Of a file and what it was just compressed to, the file comes first.
  return files.flat().sort((one, other) => one.mtimeMs - other.mtimeMs || one.path.length - other.path.length)
}

/** `pomerium.log.1` of `pomerium.log`, and `pomerium-20260102.log` as some write it. */
const isRotated = (name: string, sibling: string): boolean => {
  if (sibling.startsWith(name) && rotationMark.test(sibling.slice(name.length))) return true
  const extension = extname(name)
  const stem = name.slice(0, name.length - extension.length)
  return (
    extension !== '' &&
    sibling.startsWith(stem) &&
    sibling.endsWith(extension) &&
    rotationMark.test(sibling.slice(stem.length, -extension.length))
  )
}
