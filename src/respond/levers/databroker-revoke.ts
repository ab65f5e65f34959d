import { AgenttrailError } from '../../errors.ts'
import type { Databroker } from './databroker-client.ts'
import {
  type DatabrokerRecord,
  type DatabrokerRefreshToken,
  type DatabrokerSession,
  deletedRecord,
  expiredSession,
  readRefreshToken,
  readSession,
  recordTypes,
} from './databroker-records.ts'

export interface RevokeDeps {
  readonly databroker: Pick<Databroker, 'list' | 'put'>
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Whose access ends. Where no client is named, that of every client of the user. */
export interface Revoked {
  readonly userId: string
  readonly clientIds: readonly string[]
}

export interface Ended {
  readonly sessions: number
  readonly refreshTokens: number
}

/** What keeps a user's agents going. */
export interface Holdings {
  readonly tokens: readonly { readonly record: DatabrokerRecord; readonly token: DatabrokerRefreshToken }[]
  readonly sessions: readonly { readonly record: DatabrokerRecord; readonly session: DatabrokerSession }[]
}

/** Far enough back for any difference between two clocks. */
const pastMs = 3600_000
const listAgainMs = 250
/** A refresh that was under way when its token went leaves a session this much later at most. */
const settleMs = 1_000

/**
 * Ends every session of the user, so that no access token and no refresh brings one back. The order matters: refresh
 * tokens first, else the agent mints a session behind our back; then every session, as access tokens outlive a refresh.
 * A session is not deleted but given an end in the past: Pomerium deletes it by itself then, in a way that clears its
 * cache, and the agent is out in a quarter of a second instead of up to a minute. One that is younger than 10 s it lets
 * grow that old first. Resolves when none was left twice, a second apart.
 */
export const revokeInDatabroker = async (deps: RevokeDeps, revoked: Revoked, signal: AbortSignal): Promise<Ended> => {
  const ended = { sessions: new Set<string>(), refreshTokens: new Set<string>() }
  let emptySinceMs: number | null = null
  for (;;) {
    const left = await endWhatIsLeft(deps, { revoked, ended }, signal)
    const nowMs = deps.now()
    emptySinceMs = left === 0 ? (emptySinceMs ?? nowMs) : null
    if (emptySinceMs !== null && nowMs - emptySinceMs >= settleMs) {
      return { sessions: ended.sessions.size, refreshTokens: ended.refreshTokens.size }
    }
    await deps.sleep(listAgainMs, signal)
    if (signal.aborted) {
      throw new AgenttrailError('AGT_LEVER_UNAVAILABLE', `Pomerium still holds ${left} sessions and tokens.`)
    }
  }
}

/** What Pomerium holds for the user. */
export const holdingsOf = async (
  databroker: Pick<Databroker, 'list'>,
  userId: string,
  signal: AbortSignal,
): Promise<Holdings> => ({
  tokens: await tokensOf(databroker, { userId, clientIds: [] }, signal),
  sessions: await sessionsOf(databroker, userId, signal),
})

/** One round. Returns how much there was. */
const endWhatIsLeft = async (
  { databroker, now }: RevokeDeps,
  { revoked, ended }: { revoked: Revoked; ended: { sessions: Set<string>; refreshTokens: Set<string> } },
  signal: AbortSignal,
): Promise<number> => {
  const tokens = await tokensOf(databroker, revoked, signal)
  await databroker.put(
    tokens.map(({ record }) => deletedRecord(record, now())),
    signal,
  )
  for (const { token } of tokens) ended.refreshTokens.add(token.id)
  // Listed only now: what was minted before its token went is among them.
  const sessions = await sessionsOf(databroker, revoked.userId, signal)
  const open = sessions.filter(({ session }) => session.expiresAtMs === null || session.expiresAtMs > now())
  await databroker.put(
    open.map(({ record }) => expiredSession(record, now() - pastMs)),
    signal,
  )
  for (const { session } of sessions) ended.sessions.add(session.id)
  return tokens.length + sessions.length
}

const tokensOf = async (
  databroker: Pick<Databroker, 'list'>,
  { userId, clientIds }: Revoked,
  signal: AbortSignal,
): Promise<Holdings['tokens']> => {
  const { records } = await databroker.list(recordTypes.refreshToken, signal)
  return records.flatMap((record) => {
    const token = readRefreshToken(record)
    if (token === null || token.isRevoked || token.userId !== userId) return []
    return clientIds.length === 0 || clientIds.includes(token.clientId) ? [{ record, token }] : []
  })
}

const sessionsOf = async (
  databroker: Pick<Databroker, 'list'>,
  userId: string,
  signal: AbortSignal,
): Promise<Holdings['sessions']> => {
  const { records } = await databroker.list(recordTypes.session, signal)
  return records.flatMap((record) => {
    const session = readSession(record)
    return session?.userId === userId ? [{ record, session }] : []
  })
}
