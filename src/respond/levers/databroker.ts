import type { Effect } from '../effect.ts'
import type { Lever, LeverAnswer, LeverTraits } from '../lever.ts'
import type { Revocation } from '../revocation.ts'
import { readEmail, recordTypes } from './databroker-records.ts'
import { type Holdings, holdingsOf, type RevokeDeps, type Revoked, revokeInDatabroker } from './databroker-revoke.ts'

/** What is known of who uses which session. */
export interface WhoIsWho {
  /** The clients that act with a session; none where that is not known. */
  readonly clientsOf: (sessionId: string) => readonly string[]
  /** The name that a client registered by, else its id. */
  readonly nameOf: (clientId: string) => string
}

/**
 * Where Pomerium is one process the agent is out when this lever says so. Where it is several, each keeps its own cache of
 * sessions for up to a minute.
 */
export const databrokerTraits: LeverTraits = {
  name: 'pomerium',
  scopes: ['login', 'user'],
  isReversible: false,
  canPreview: true,
  delayMs: 60_000,
}

interface LeverDeps extends RevokeDeps {
  readonly who: WhoIsWho
}

/** Revokes in Pomerium itself: the user's sessions end, and the agent's client can mint no other. */
export const createDatabrokerLever = (deps: LeverDeps): Lever => ({
  name: databrokerTraits.name,

  apply: async ({ revocation }, signal) => {
    const revoked = await revokedOf(revocation, deps, signal)
    if (revoked === null) return nobody
    const { sessions, refreshTokens } = await revokeInDatabroker(deps, revoked, signal)
    const counts = `sessions ended: ${sessions}, refresh tokens: ${refreshTokens}`
    const detail = `Pomerium holds no session of the user any more (${counts})`
    return { state: 'enforced', detail }
  },

  lift: async () => ({ state: 'enforced', detail: 'the user can sign in again; what has ended stays so' }),

  preview: async (effect, signal) => {
    const revoked = await revokedOf(effect.revocation, deps, signal)
    if (revoked === null) return nobody.detail
    return describe(await holdingsOf(deps.databroker, revoked.userId, signal), revoked, deps.who)
  },
})

const nobody: LeverAnswer = { state: 'failed', detail: 'no user of Pomerium is known for it' }

/** Null where nothing says which user it is. */
const revokedOf = async (
  revocation: Effect['revocation'],
  { databroker, who }: LeverDeps,
  signal: AbortSignal,
): Promise<Revoked | null> => {
  const named = revocation?.subject.userId ?? ''
  if (revocation === null || named === '') return null
  const userId = named.includes('@') ? await userIdOf(databroker, named, signal) : named
  return userId === '' ? null : { userId, clientIds: clientsOf(revocation, who) }
}

/** An operator names a person by address, Pomerium by the identity provider's id, which may look like an address too. */
const userIdOf = async (databroker: RevokeDeps['databroker'], named: string, signal: AbortSignal): Promise<string> => {
  const { records } = await databroker.list(recordTypes.user, signal)
  const found = records.find((record) => record.id === named || readEmail(record) === named)
  return found?.id ?? ''
}

/** None where one session's client is not known: then only the tokens of all of them are sure to be enough. */
const clientsOf = ({ keys }: Revocation, who: WhoIsWho): readonly string[] => {
  const bySession = keys.map((key) => (key.startsWith(login) ? who.clientsOf(key.slice(login.length)) : []))
  return bySession.some((clients) => clients.length === 0) ? [] : [...new Set(bySession.flat())]
}

const login = 'login:'

/** Sessions are the user's: whatever else acts by them, the browser first of all, is out too. */
const describe = ({ tokens, sessions }: Holdings, { clientIds }: Revoked, who: WhoIsWho): string => {
  const holders = [...new Set(tokens.map(({ token }) => token.clientId))]
  const isHit = (clientId: string): boolean => clientIds.length === 0 || clientIds.includes(clientId)
  const beside = holders.filter((clientId) => !isHit(clientId))
  return [
    `ends all ${sessions.length} sessions of the user in Pomerium, the browser's too`,
    `${listed(holders.filter(isHit), who) || 'no client'} must be let in again by the user`,
    ...(beside.length > 0 ? [`${listed(beside, who)} loses its session and gets another by its refresh token`] : []),
  ].join('; ')
}

const listed = (clientIds: readonly string[], who: WhoIsWho): string => clientIds.map(who.nameOf).join(', ')
