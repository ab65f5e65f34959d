import { type Access, openAccess } from '../api/access.ts'
import { tokenOf } from '../api/token-of.ts'
import type { Config } from '../config.ts'
import type { Logger } from '../telemetry/logger.ts'
import { isInForce, TokenFiles } from './token-files.ts'

/** Who may do what on this server. */
export const createServerAccess = (config: Pick<Config, 'auth' | 'dataDir'>, log: Logger): Access => {
  if (config.auth === 'none') return openAccess
  const tokens = new TokenFiles({ dataDir: config.dataDir, now: Date.now })
  if (!tokens.list().some((token) => isInForce(token, Date.now()))) {
    log.warn('nobody may do anything yet: make a token with `agenttrail tokens create`')
  }
  return { mode: config.auth, identify: async (headers) => tokens.find(tokenOf(headers)) }
}
