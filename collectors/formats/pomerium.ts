import type { Format } from '../../src/ingest/format.ts'
import { ignored } from '../../src/ingest/outcome.ts'
import { readAccess } from './pomerium-access.ts'
import { isAuthMessage, readAuth } from './pomerium-auth.ts'
import { readAuthorize } from './pomerium-authorize.ts'
import { readListenerFailure } from './pomerium-listener-failure.ts'
import { readParseFailure } from './pomerium-parse-failure.ts'

/** Pomerium's standard output: one stream for every service, of which a few kinds of line are evidence. */
export const pomerium: Format = {
  name: 'pomerium',

  recognises: (value) =>
    typeof value['message'] === 'string' && typeof value['level'] === 'string' && typeof value['time'] === 'string',

  read: (value, origin, context) => {
    const message = value['message']
    if (typeof message !== 'string') return ignored('no message')
    // The control plane's own HTTP log has the same message; only Envoy's is an access line.
    if (message === 'http-request')
      return value['service'] === 'envoy' ? readAccess(value, origin, context) : ignored('control plane request')
    if (message === 'authorize check') return readAuthorize(value, origin, context)
    if (isAuthMessage(message)) return readAuth(value, origin, context)
    if (message === 'error parsing MCP request from check request') return readParseFailure(value, origin, context)
    if (message === 'listener connection failure') return readListenerFailure(value, origin, context)
    return ignored('operational line')
  },
}
