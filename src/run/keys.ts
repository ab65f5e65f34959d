import { randomBytes } from 'node:crypto'
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { AgenttrailError } from '../errors.ts'

/** The keys of one data directory. */
export interface Keys {
  /** Hashes session tokens; `keyId` is in every hash, so that a later key can be told from this one. */
  readonly token: { readonly keyId: string; readonly key: Uint8Array }
  /** Commits to records as they arrived. */
  readonly recordHash: { readonly keyId: string; readonly key: Uint8Array }
}

const keySchema = z.strictObject({
  keyId: z.string().regex(/^[0-9a-z]{1,32}$/),
  key: z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64'))),
})

const keyBytes = 32

/**
 * The keys under `<dataDir>/keys` (0600), made at random on the first start and never overwritten: with another key
 * the same token would become another agent. Throws `AGT_DATA_DIR_UNUSABLE`.
 */
export const loadKeys = (dataDir: string): Keys => {
  const directory = join(dataDir, 'keys')
  return { token: loadKey(directory, 'token-hash'), recordHash: loadKey(directory, 'record-hash') }
}

/**
 * The same for a process of a cluster, where all have one set of keys: none is made here. Throws `AGT_DATA_DIR_UNUSABLE`.
 */
export const loadSharedKeys = (dataDir: string): Keys => {
  const directory = join(dataDir, 'keys')
  for (const name of ['token-hash', 'record-hash']) {
    const path = join(directory, `${name}.json`)
    if (exists(path)) continue
    throw new AgenttrailError(
      'AGT_DATA_DIR_UNUSABLE',
      `The key file ${path} is missing. All processes of a cluster have the same keys: copy the directory keys of one that has them.`,
    )
  }
  return loadKeys(dataDir)
}

const loadKey = (directory: string, name: string): { keyId: string; key: Uint8Array } => {
  const path = join(directory, `${name}.json`)
  try {
    makeUnlessThere(directory, path)
    const parsed = keySchema.safeParse(JSON.parse(readFileSync(path, 'utf8')))
    if (parsed.success && parsed.data.key.length === keyBytes) return parsed.data
  } catch (error) {
    throw unusable(path, error)
  }
  throw unusable(path, undefined)
}

const unusable = (path: string, cause: unknown): AgenttrailError => {
  const reason = cause instanceof Error ? cause.message : 'it does not hold a key'
  const advice = 'restore it from a backup; a new key would make every agent look new'
  return new AgenttrailError('AGT_DATA_DIR_UNUSABLE', `The key file ${path} cannot be used (${reason}): ${advice}`, {
    cause,
  })
}

/** Writes beside the path and links: a crash leaves no half key, and whoever comes second keeps the first one's. */
const makeUnlessThere = (directory: string, path: string): void => {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  chmodSync(directory, 0o700)
  if (exists(path)) return
  const content = { keyId: randomBytes(4).toString('hex'), key: randomBytes(keyBytes).toString('base64') }
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  writeFileSync(draft, `${JSON.stringify(content)}\n`, { mode: 0o600, flag: 'wx', flush: true })
  try {
    linkSync(draft, path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

const exists = (path: string): boolean => {
  try {
    readFileSync(path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}
