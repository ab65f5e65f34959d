import { isLoopback } from '../config-values.ts'
import { RequestError } from './problem.ts'

export interface HostHeaders {
  readonly host?: string | undefined
  readonly origin?: string | undefined
}

/**
 * Refuses requests under a name that is not ours: a web page elsewhere could make a browser resolve its own name to
 * this address (DNS rebinding), or post records to it unseen. The port is free, so that a forwarded port works.
 */
export const createHostCheck = (configuredHost: string): ((headers: HostHeaders) => void) => {
  const isOurs = (host: string | null): boolean => host !== null && (isLoopback(host) || host === configuredHost)

  return ({ host, origin }) => {
    if (!isOurs(hostOf(`http://${host ?? ''}`))) {
      const detail = 'This server answers to localhost, 127.0.0.1, [::1] and its configured address only.'
      throw new RequestError(detail, {
        status: 421,
        problems: [{ in: 'header', name: 'host', detail: 'use one of these names' }],
      })
    }
    if (origin !== undefined && !isOurs(hostOf(origin))) {
      const detail = 'Pages of other sites may not use this server.'
      throw new RequestError(detail, { status: 403, problems: [{ in: 'header', name: 'origin', detail }] })
    }
  }
}

const hostOf = (url: string): string | null => {
  const parsed = URL.parse(url)
  return parsed === null || parsed.username !== '' ? null : parsed.hostname.replace(/^\[(.*)\]$/, '$1')
}
