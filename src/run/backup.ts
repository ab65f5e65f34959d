import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { AgenttrailError } from '../errors.ts'
import { lockDir } from '../log/lock-dir.ts'
import { version } from './package-files.ts'

const manifestSchema = z.strictObject({
  version: z.string(),
  madeAt: z.iso.datetime(),
  files: z.array(z.strictObject({ path: z.string(), bytes: z.int().nonnegative(), sha256: z.string() })),
})

/** What a backup holds, with the hash of every file. */
export type BackupManifest = z.infer<typeof manifestSchema>

const lockWaitMs = 5_000
const manifestName = 'backup.json'
const dataName = 'data'
/** What the log yields again, and what only means something while a process runs. */
const leftOut = new Set(['segments', 'engine', 'log/lock', 'log/lock.pid'])

/**
 * Copies a data directory that no server uses: log, snapshots, keys, tokens, positions and the embedded store belong
 * together, as of one moment. The backup is complete under its name or not there. Throws `AGT_DATA_DIR_LOCKED` while a
 * server runs, `AGT_BACKUP_UNUSABLE` where `target` is taken.
 */
export const makeBackup = async (options: {
  readonly dataDir: string
  readonly target: string
  readonly now: Date
}): Promise<BackupManifest> => {
  const { dataDir, target, now } = options
  if (!(await isEmpty(target))) throw unusable(`${target} is not empty: name a directory that is not there yet`)
  if (await isEmpty(join(dataDir, 'log'))) throw unusable(`${dataDir} holds no log: set AGENTTRAIL_DATA_DIR`)
  const release = await lockDir(join(dataDir, 'log'), lockWaitMs)
  try {
    const draft = `${target}.part`
    await rm(draft, { recursive: true, force: true })
    await mkdir(draft, { recursive: true, mode: 0o700 })
    await copyTree(dataDir, join(draft, dataName))
    const manifest = { version, madeAt: now.toISOString(), files: await hashesOf(join(draft, dataName)) }
    await writeFile(join(draft, manifestName), `${JSON.stringify(manifest, null, 2)}\n`, { flush: true })
    await rm(target, { recursive: true, force: true })
    await rename(draft, target)
    return manifest
  } finally {
    release()
  }
}

/** What a backup holds. Throws `AGT_BACKUP_UNUSABLE` that names the first file that is not as it was. */
export const checkBackup = async (source: string): Promise<BackupManifest> => {
  const manifest = await readManifest(source)
  const found = new Map((await hashesOf(join(source, dataName))).map((file) => [file.path, file]))
  for (const file of manifest.files) {
    const now = found.get(file.path)
    if (now === undefined) throw unusable(`${file.path} is missing in ${source}: take another backup`)
    if (now.sha256 !== file.sha256) throw unusable(`${file.path} in ${source} was altered: take another backup`)
    found.delete(file.path)
  }
  const [added] = found.keys()
  if (added !== undefined) throw unusable(`${added} in ${source} does not belong to the backup: remove it`)
  return manifest
}

/** Puts a backup back where no data directory is. Throws as `checkBackup` does, and where there is one. */
export const restoreBackup = async (options: {
  readonly dataDir: string
  readonly source: string
}): Promise<BackupManifest> => {
  const { dataDir, source } = options
  if (!(await isEmpty(dataDir))) throw unusable(`${dataDir} is not empty: move it away first, nothing is overwritten`)
  const manifest = await checkBackup(source)
  const draft = `${dataDir.replace(/\/+$/, '')}.part`
  await rm(draft, { recursive: true, force: true })
  await copyTree(join(source, dataName), draft)
  await chmod(draft, 0o700)
  await rm(dataDir, { recursive: true, force: true })
  await rename(draft, dataDir)
  return manifest
}

const copyTree = (from: string, to: string): Promise<void> =>
  cp(from, to, {
    recursive: true,
    preserveTimestamps: true,
    verbatimSymlinks: true,
    filter: async (path) => {
      if (leftOut.has(relative(from, path))) return false
      const { mode } = await lstat(path)
      return (mode & 0o170000) !== socketMode
    },
  })

const socketMode = 0o140000

const hashesOf = async (dir: string): Promise<BackupManifest['files']> => {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const files: BackupManifest['files'] = []
  for (const path of paths.sort()) {
    const hash = createHash('sha256')
    await pipeline(createReadStream(path), hash)
    files.push({ path: relative(dir, path), bytes: (await lstat(path)).size, sha256: hash.digest('hex') })
  }
  return files
}

const readManifest = async (source: string): Promise<BackupManifest> => {
  const text = await readFile(join(source, manifestName), 'utf8').catch(() => '')
  try {
    return manifestSchema.parse(JSON.parse(text))
  } catch (error) {
    throw unusable(`${source} is no whole backup: ${manifestName} is missing or cannot be read`, error)
  }
}

const isEmpty = async (dir: string): Promise<boolean> => (await readdir(dir).catch(() => [])).length === 0

const unusable = (message: string, cause?: unknown): AgenttrailError =>
  new AgenttrailError('AGT_BACKUP_UNUSABLE', message, { cause })
