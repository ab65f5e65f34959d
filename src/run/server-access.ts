import { type Access, openAccess } from '../api/access.ts'
import { assertionOf, bearerOf, tokenOf, tokenPrefix } from '../api/token-of.ts'
import type { Config } from '../config.ts'
import type { Logger } from '../telemetry/logger.ts'
import { createJwtIdentity, type JwtConfig } from './jwt-identity.ts'
import { isInForce, TokenFiles } from './token-files.ts'

/** Who may do what on this server. Machines have tokens of ours, whoever vouches for people. */
export const createServerAccess = (
  config: Pick<Config, 'auth' | 'dataDir'> & JwtConfig,
  log: Pick<Logger, 'warn'>,
): Access => {
  const { auth } = config
  if (auth === 'none') return openAccess
  const tokens = new TokenFiles({ dataDir: config.dataDir, now: Date.now })
  if (auth === 'tokens' && !tokens.list().some((token) => isInForce(token, Date.now()))) {
    log.warn('nobody may do anything yet: make a token with `agenttrail tokens create`')
  }
  const identity = createJwtIdentity(config)
  return {
    mode: auth,
    identify: async (headers) => {
      const token = tokenOf(headers)
      if (auth === 'tokens' || token.startsWith(tokenPrefix)) return tokens.find(token)
      const signed = auth === 'pomerium' ? assertionOf(headers) : bearerOf(headers) || token
      return signed === '' ? null : identity(signed)
    },
  }
}
