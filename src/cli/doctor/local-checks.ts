import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, resolve } from 'node:path'
import { type Check, fine, hint, wrong } from './check.ts'

const nodeMajorMin = 24
const freeBytesWrong = 512 * 1024 ** 2
const freeBytesHint = 5 * 1024 ** 3

export const checkNode = (version: string): Check => {
  const isNewEnough = Number.parseInt(version, 10) >= nodeMajorMin
  return isNewEnough
    ? fine('node', `Node ${version}`)
    : wrong(
        'node',
        `Node ${version}`,
        `Use Node ${nodeMajorMin} or newer; in a checkout \`npx agenttrail\` brings its own.`,
      )
}

/** Whether the data directory, or the one that it would be made in, can be written, and has room. */
export const checkDataDir = (dataDir: string): Check => {
  const path = resolve(dataDir)
  const existing = nearestExisting(path)
  if (!statSync(existing).isDirectory()) {
    return wrong('data directory', `${existing} is no directory`, 'Move it away, or set AGENTTRAIL_DATA_DIR.')
  }
  try {
    accessSync(existing, constants.W_OK | constants.X_OK)
  } catch {
    return wrong(
      'data directory',
      `${existing} cannot be written to`,
      'Give this user the right, or set AGENTTRAIL_DATA_DIR.',
    )
  }
  return fine('data directory', existing === path ? path : `${path} (made at the first start)`)
}

export const checkDisk = (dataDir: string): Check => {
  const path = nearestExisting(resolve(dataDir))
  const { bavail, bsize } = statfsSync(path)
  const freeBytes = bavail * bsize
  const text = `${gigabytes(freeBytes)} free at ${path}`
  if (freeBytes < freeBytesWrong) {
    return wrong('disk', text, 'Free some space or move AGENTTRAIL_DATA_DIR: a full disk stops intake.')
  }
  if (freeBytes < freeBytesHint)
    return hint('disk', text, 'Small for production: an event takes about 250 bytes of disk.')
  return fine('disk', text)
}

/** Whether the server could listen there. Asked only where none answers. */
export const checkPort = async ({ host, port }: { readonly host: string; readonly port: number }): Promise<Check> => {
  const name = 'port'
  const code = await listenError(host, port)
  if (code === null) return fine(name, `${host}:${port} is free`)
  if (code === 'EADDRINUSE') {
    return wrong(
      name,
      `${host}:${port} is taken by something that is not agenttrail`,
      'Stop it, or set AGENTTRAIL_HTTP_ADDRESS (and AGENTTRAIL_URL for commands) to another address.',
    )
  }
  return wrong(
    name,
    `${host}:${port} cannot be listened on (${code})`,
    'Set AGENTTRAIL_HTTP_ADDRESS to another address.',
  )
}

const listenError = (host: string, port: number): Promise<string | null> =>
  new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(null)))
  })

const nearestExisting = (path: string): string => {
  let at = path
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at)
  return at
}

const gigabytes = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`
