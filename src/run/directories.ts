import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { AgenttrailError } from '../errors.ts'

/** The directories within the data directory. */
export type Paths = Readonly<Record<'log' | 'snapshots' | 'segments' | 'positions', string>>

/** Makes them. Throws `AGT_DATA_DIR_UNUSABLE`. */
export const makeDirectories = (dataDir: string): Paths => {
  const paths = {
    log: join(dataDir, 'log'),
    snapshots: join(dataDir, 'snapshots'),
    segments: join(dataDir, 'segments'),
    positions: join(dataDir, 'positions'),
  }
  try {
    for (const path of Object.values(paths)) mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw unusableDirectory(dataDir, error)
  }
  return paths
}

const unusableDirectory = (dataDir: string, cause: unknown): AgenttrailError => {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const message = `The data directory ${dataDir} cannot be made or written to (${reason}). Name another in AGENTTRAIL_DATA_DIR.`
  return new AgenttrailError('AGT_DATA_DIR_UNUSABLE', message, { cause })
}
