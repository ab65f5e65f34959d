import type { CallOutcome } from '../../src/event/event.ts'
import type { Format } from '../../src/ingest/format.ts'
import { ok, rejected } from '../../src/ingest/outcome.ts'
import { numberOf, textOf } from './field-values.ts'
import { firstLabel } from './first-label.ts'
import { keep } from './keep.ts'
import { keepRest, noVendorId, pomeriumEvent, type TakenKeys } from './pomerium-line.ts'
import { readUserAgent } from './read-user-agent.ts'

interface AuthMessage {
  /** What happened, from a small fixed set; in the attribute `auth.action`. */
  readonly action: string
  readonly outcome: CallOutcome
  /** The key that holds the id of the refresh token that the line is about, if it is about one. */
  readonly refreshTokenKey?: string
}

/**
 * The lines in which an OAuth client's id meets a login session's id (nothing else links the two), and what becomes of
 * sessions and of the tokens by which Pomerium itself reaches an MCP server.
 */
const messages: Readonly<Record<string, AuthMessage>> = {
  'mcp/register: client registered successfully': { action: 'client_registered', outcome: 'success' },
  'mcp/token/auth-code: token issued successfully': {
    action: 'token_issued',
    outcome: 'success',
    refreshTokenKey: 'refresh-token-id',
  },
  'mcp/token/refresh: token refreshed successfully': {
    action: 'token_refreshed',
    outcome: 'success',
    refreshTokenKey: 'new-refresh-token-id',
  },
  'mcp/token/refresh: refresh token has been revoked': {
    action: 'refresh_refused',
    outcome: 'denied',
    refreshTokenKey: 'refresh-token-id',
  },
  'mcp/token/refresh: refresh token record not found': {
    action: 'refresh_refused',
    outcome: 'denied',
    refreshTokenKey: 'refresh-token-id',
  },
  'stored mcp refresh token': { action: 'refresh_token_stored', outcome: 'success', refreshTokenKey: 'record-id' },
  'deleted mcp refresh token': { action: 'refresh_token_deleted', outcome: 'success', refreshTokenKey: 'record-id' },
  'deleting expired session': { action: 'session_expired', outcome: 'success' },
  'failed to refresh oauth2 token, deleting session': { action: 'session_deleted', outcome: 'success' },
  'no authenticator defined, deleting session': { action: 'session_deleted', outcome: 'success' },
  'clearing session due to missing or invalid session or service account': {
    action: 'session_refused',
    outcome: 'denied',
  },
  'stored upstream mcp token': { action: 'upstream_token_stored', outcome: 'success' },
  'deleted upstream mcp token': { action: 'upstream_token_deleted', outcome: 'success' },
  'mcp/client-oauth-callback: upstream token stored': { action: 'upstream_token_stored', outcome: 'success' },
  'mcp/disconnect: disconnect operation completed': { action: 'upstream_disconnected', outcome: 'success' },
  'ext_proc: upstream returned auth challenge, delegating to handler': {
    action: 'upstream_challenged',
    outcome: 'denied',
  },
  'ext_proc: error handling upstream response': { action: 'upstream_challenge_unanswered', outcome: 'failure' },
}

/** The fixed line kinds that become `auth` events. */
export const isAuthMessage = (message: string): boolean => Object.hasOwn(messages, message)

const taken: TakenKeys = new Map([
  ['level', 'any'],
  ['time', 'string'],
  ['request-id', 'string'],
  ['ip', 'string'],
  ['user_agent', 'string'],
  ['client-id', 'string'],
  ['downstream_host', 'string'],
  ['status', 'number'],
  ['error', 'string'],
  ['session-id', 'string'],
  ['old-refresh-token-id', 'string'],
])

const takenWith = (...keys: readonly string[]): TakenKeys =>
  new Map([...taken, ...keys.map((key) => [key, 'string'] as const)])

/** A token issue, refresh or refusal, a client registration, a session's end, an MCP server that asks for a token. */
export const readAuth: Format['read'] = (line, origin) => {
  const event = pomeriumEvent(line, origin)
  if (event === undefined) return rejected('time is missing or not RFC 3339')
  const message = messages[textOf(line['message'])]
  if (message === undefined) return rejected('not a token line')
  event.kind = 'auth'
  event.outcome = message.outcome
  event.oauthClientId = textOf(line['client-id'])
  // Pomerium's parts spell these keys either way.
  const userKey = 'user-id' in line ? 'user-id' : 'user_id'
  const routeKey = 'route-id' in line ? 'route-id' : 'route_id'
  event.userId = textOf(line[userKey])
  event.routeId = textOf(line[routeKey])
  event.httpHost = textOf(line['downstream_host'])
  event.server = firstLabel(event.httpHost)
  event.httpStatus = numberOf(line['status'])
  event.errorMessage = textOf(line['error'])
  event.authSessionId = textOf(line['session-id'])
  event.clientAddress = textOf(line['ip'])
  if (line['user_agent'] !== undefined) readUserAgent(event, textOf(line['user_agent']))
  const refreshKey = message.refreshTokenKey
  event.refreshTokenId = refreshKey === undefined ? '' : textOf(line[refreshKey])
  event.previousRefreshTokenId = textOf(line['old-refresh-token-id'])
  keepRest(event, line, takenWith(userKey, routeKey, ...(refreshKey === undefined ? [] : [refreshKey])))
  keep(event, 'auth.action', message.action)
  return ok({ events: [event], sealed: [], vendorId: noVendorId })
}
