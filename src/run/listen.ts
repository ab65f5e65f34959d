import type { Config } from '../config.ts'
import { AgenttrailError } from '../errors.ts'

/** Listens at the configured address. Throws `AGT_ADDRESS_IN_USE`. */
export const listen = async (
  api: { readonly listen: (options: { host: string; port: number }) => Promise<string> },
  config: Pick<Config, 'httpAddress'>,
): Promise<string> => {
  const { host, port } = config.httpAddress
  try {
    return await api.listen({ host, port })
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? addressInUse(`${host}:${port}`, error) : error
  }
}

const addressInUse = (address: string, cause: unknown): AgenttrailError =>
  new AgenttrailError(
    'AGT_ADDRESS_IN_USE',
    `Something else listens on ${address}. Stop it, or name another address in AGENTTRAIL_HTTP_ADDRESS.`,
    { cause },
  )
