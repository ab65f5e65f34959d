import { Buffer } from 'node:buffer'
import { hash } from 'node:crypto'
import type { ActivityEvent } from '../../src/event/event.ts'
import type { SealedValue } from '../../src/event/seal-strings.ts'
import type { FormatContext } from '../../src/ingest/format.ts'

const logSafe = /^(?:jti:|sha256:[0-9a-f]{12}$)/

/** Gives the event its session, by the name that both of the gateway's logs can tell. Returns what must not stay in the line. */
export const sealKuadrantSession = (
  event: ActivityEvent,
  token: string,
  context: FormatContext,
): readonly SealedValue[] => {
  if (token === '') return []
  event.mcpSessionId = context.sealToken(logSafeSession(token))
  return [{ value: token, replacement: event.mcpSessionId }]
}

/**
 * A session's token as the router's audit lines name it: by the id within the JWT, else by the beginning of a hash. Envoy's
 * lines have the token itself, so both come to the same.
 */
export const logSafeSession = (token: string): string => {
  if (logSafe.test(token)) return token
  const id = jwtId(token)
  return id === '' ? `sha256:${hash('sha256', token).slice(0, 12)}` : `jti:${id}`
}

const jwtId = (token: string): string => {
  const parts = token.split('.')
  if (parts.length !== 3) return ''
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString())
    const id = typeof claims === 'object' && claims !== null && 'jti' in claims ? claims.jti : ''
    return typeof id === 'string' ? id : ''
  } catch {
    return ''
  }
}
