import type { Access } from '../../api/access.ts'
import { createRoleServer, type RoleServerDeps } from '../../api/role-server.ts'
import type { Config } from '../../config.ts'
import type { KafkaLogAddress } from '../../config-log.ts'
import { AgenttrailError } from '../../errors.ts'
import { createLogger, type Logger } from '../../telemetry/logger.ts'
import { type Cluster, openCluster } from '../cluster.ts'
import { type Keys, loadSharedKeys } from '../keys.ts'
import { listen } from '../listen.ts'
import { createServerAccess } from '../server-access.ts'
import type { Role } from './roles.ts'

/** What a process of any role stands on. */
export interface RoleParts {
  readonly config: Config
  readonly access: Access
  readonly keys: Keys
  readonly cluster: Cluster
  readonly log: Logger
  readonly fail: (error: unknown) => void
}

export interface RunningRole {
  readonly url: string
  readonly failed: Promise<AgenttrailError>
  readonly stop: () => Promise<void>
}

/** What one role adds: it is told to start, and to stop in the opposite order. */
export interface RoleService {
  readonly server: Pick<RoleServerDeps, 'notReadyReasons' | 'plugins' | 'status'>
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Throws `AGT_CONFIG_INVALID` where the log is not one that processes can share. */
export const openRoleParts = async (config: Config, role: Role): Promise<RoleParts & Pick<RunningRole, 'failed'>> => {
  const log = createLogger({ level: config.logLevel, isTerminal: process.stdout.isTTY === true })
  const address = sharedLog(config, role)
  const keys = loadSharedKeys(config.dataDir)
  const access = createServerAccess(config, log)
  const cluster = await openCluster({ address, config, log })
  const failure = Promise.withResolvers<AgenttrailError>()
  const fail = (error: unknown): void => failure.resolve(asFailure(error))
  return { config, access, keys, cluster, log, fail, failed: failure.promise }
}

/** Serves health and whatever the role has, and starts it. */
export const runRole = async (
  role: Role,
  parts: RoleParts & Pick<RunningRole, 'failed'>,
  service: RoleService,
): Promise<RunningRole> => {
  const { access, config, cluster, log, failed } = parts
  const server = await createRoleServer({ ...service.server, access, host: config.httpAddress.host, log })
  const url = await listen(server, config)
  await service.start()
  log.info({ role, url, epoch: cluster.topics.epoch, partitions: cluster.topics.partitions }, 'agenttrail is up')
  return {
    url,
    failed,
    stop: async () => {
      await service.stop()
      await server.close()
      await cluster.close()
      log.info({ role }, 'agenttrail stopped')
    },
  }
}

const sharedLog = (config: Config, role: Role): KafkaLogAddress => {
  if (config.log !== 'local') return config.log
  throw new AgenttrailError(
    'AGT_CONFIG_INVALID',
    `--role ${role} is a part of a cluster, and the log is local to one process: set AGENTTRAIL_LOG to kafka://broker:9092/prefix.`,
  )
}

const asFailure = (error: unknown): AgenttrailError =>
  error instanceof AgenttrailError ? error : new AgenttrailError('AGT_LOG_FAILED', String(error), { cause: error })
