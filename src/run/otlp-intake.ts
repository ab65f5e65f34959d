import { createOtlpTransport, type OtlpOptions } from '../../collectors/transports/otlp.ts'
import type { Access } from '../api/access.ts'
import { addIntakeAuthorisation } from '../api/authorise.ts'
import { endConnections } from '../api/end-connections.ts'
import { checkOrigin, createHostCheck } from '../api/host-check.ts'
import type { Config } from '../config.ts'
import { AgenttrailError } from '../errors.ts'
import type { Intake, Transport } from '../ingest/transport.ts'
import type { Logger } from '../telemetry/logger.ts'

export interface OtlpIntakeDeps {
  readonly config: Pick<Config, 'otlpAddress' | 'origins'>
  readonly access: Access
  readonly intake: Intake
  readonly bodyBytesMax: number
  readonly onAnswered: NonNullable<OtlpOptions['onAnswered']>
  readonly log: Logger
}

/** Where OTLP is taken in, if it is. */
export interface OtlpIntake extends Transport {
  /** null where it is switched off, or something else has the address that nobody chose. */
  readonly url: () => string | null
}

/**
 * OTLP at the configured address. An OpenTelemetry Collector on the same machine has the default address: then the server
 * starts without OTLP and says so, unless somebody asked for that address.
 */
export const createOtlpIntake = (deps: OtlpIntakeDeps): OtlpIntake => {
  const { access, config, log } = deps
  const address = config.otlpAddress
  if (address === 'off') return { name: 'otlp', start: async () => {}, stop: async () => {}, url: () => null }
  const transport = createOtlpTransport({
    ...deps,
    address,
    checkHost: access.mode === 'none' ? createHostCheck(address.host) : checkOrigin,
    prepare: (server) => {
      endConnections(server)
      addIntakeAuthorisation(server, access)
    },
  })
  let isUp = false
  return {
    name: 'otlp',
    start: async () => {
      const shown = `${address.host}:${address.port}`
      try {
        await transport.start()
        isUp = true
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
        if (!isDefault(config)) throw addressInUse(shown, error)
        log.warn({ address: shown }, 'no OTLP intake: something else listens there; set AGENTTRAIL_OTLP_ADDRESS')
      }
    },
    stop: () => transport.stop(),
    url: () => (isUp ? transport.url() : null),
  }
}

const isDefault = ({ origins }: OtlpIntakeDeps['config']): boolean =>
  origins.some(({ setting, from }) => setting === 'otlpAddress' && from === 'default')

const addressInUse = (address: string, cause: unknown): AgenttrailError =>
  new AgenttrailError(
    'AGT_ADDRESS_IN_USE',
    `Something else listens on ${address}. Stop it, or name another address in AGENTTRAIL_OTLP_ADDRESS.`,
    { cause },
  )
