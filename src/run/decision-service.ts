import { type Access, hasRight, mayEnter } from '../api/access.ts'
import type { Config } from '../config.ts'
import { Directory } from '../correlate/directory.ts'
import { AgenttrailError } from '../errors.ts'
import { createSealToken } from '../event/seal.ts'
import type { Append } from '../ingest/transport.ts'
import { createDecide } from '../respond/decision/decide.ts'
import type { DecideRoutesOptions } from '../respond/decision/decide-routes.ts'
import { createDecisionServer, type DecisionServerDeps } from '../respond/decision/grpc-server.ts'
import type { Revocations } from '../respond/revocations.ts'
import type { Logger } from '../telemetry/logger.ts'
import { DenialRecorder } from './denial-recorder.ts'
import type { Keys } from './keys.ts'

export interface DecisionServiceDeps {
  readonly access: Access
  readonly config: Pick<Config, 'agents' | 'decisionAddress' | 'decisionFailure' | 'response' | 'origins'>
  readonly revocations: Revocations
  readonly append: Append
  readonly keys: Pick<Keys, 'token'>
  readonly log: Logger
}

export interface DecisionService {
  /** For its HTTP twin. */
  readonly routes: DecideRoutesOptions
  /** `host:port` of the gRPC service; null where there is none. */
  readonly address: string | null
  readonly stop: () => Promise<void>
}

/**
 * Answers gateways from the moment it starts: until it is known what is revoked, as the configuration says. Something else
 * at the default address keeps the gRPC service away and is no failure, unless somebody asked for that address.
 */
export const startDecisionService = async (deps: DecisionServiceDeps): Promise<DecisionService> => {
  const { config, revocations, keys, log } = deps
  const recorder = new DenialRecorder({ append: deps.append, now: () => new Date(), log })
  const decide = createDecide({
    revocations,
    directory: new Directory(config),
    sealToken: createSealToken(keys.token),
    now: Date.now,
    failure: config.decisionFailure,
    isEnforcing: config.response === 'enforce',
  })
  const routes: DecideRoutesOptions = { decide, onDecided: (request, verdict) => recorder.record(request, verdict) }
  const grpc = await startGrpc(config, { ...routes, admit: admitFor(deps.access) }, log)
  return {
    routes,
    address: grpc?.address ?? null,
    stop: async () => {
      await grpc?.stop()
      await recorder.stop()
    },
  }
}

/** Gateways show a token in the metadata of each request; nobody is asked where only this machine reaches the service. */
const admitFor = (access: Access): DecisionServerDeps['admit'] => {
  if (access.mode === 'none') return undefined
  return async (headers, realm) => {
    const principal = await access.identify(headers)
    return principal !== null && hasRight(principal, 'decide') && mayEnter(principal, realm)
  }
}

const startGrpc = async (
  config: DecisionServiceDeps['config'],
  routes: Omit<DecisionServerDeps, 'address'>,
  log: Logger,
) => {
  const address = config.decisionAddress
  if (address === 'off') return null
  const server = createDecisionServer({ ...routes, address })
  try {
    const port = await server.start()
    return { address: `${address.host}:${port}`, stop: server.stop }
  } catch (error) {
    await server.stop()
    const shown = `${address.host}:${address.port}`
    const isDefault = config.origins.some(({ setting, from }) => setting === 'decisionAddress' && from === 'default')
    if (!isDefault) throw unusableAddress(shown, error)
    log.warn({ address: shown }, 'no gRPC decision service: set AGENTTRAIL_DECISION_ADDRESS to a free address')
    return null
  }
}

const unusableAddress = (address: string, cause: unknown): AgenttrailError =>
  new AgenttrailError(
    'AGT_ADDRESS_IN_USE',
    `Something else listens on ${address}. Stop it, or name another address in AGENTTRAIL_DECISION_ADDRESS.`,
    { cause },
  )
