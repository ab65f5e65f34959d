import { isLoopback } from '../config-values.ts'
import { RequestError } from './problem.ts'

export interface HostHeaders {
  readonly host?: string | undefined
  readonly origin?: string | undefined
  /** What a browser says of the page that asks: pages cannot set it. */
  readonly 'sec-fetch-site'?: string | readonly string[] | undefined
}

export type HostCheck = (headers: HostHeaders) => void

/**
 * Refuses requests under a name that is not ours: a web page elsewhere could make a browser resolve its own name to
 * this address (DNS rebinding), or post records to it unseen. The port is free, so that a forwarded port works.
 */
export const createHostCheck = (configuredHost: string): HostCheck => {
  const isOurs = (host: string | null): boolean => host !== null && (isLoopback(host) || host === configuredHost)

  return ({ host, origin }) => {
    if (!isOurs(hostOf(`http://${host ?? ''}`))) {
      const detail = 'This server answers to localhost, 127.0.0.1, [::1] and its configured address only.'
      throw new RequestError(detail, {
        status: 421,
        problems: [{ in: 'header', name: 'host', detail: 'use one of these names' }],
      })
    }
    if (origin !== undefined && !isOurs(hostOf(origin))) throw foreignPage()
  }
}

/**
 * Where callers are authenticated any name will do, for a page with another name has no token. A browser sends its own
 * with requests of other sites' pages, though, if a proxy in front keeps the login: those are refused.
 */
export const checkOrigin: HostCheck = ({ host, origin, 'sec-fetch-site': site }) => {
  if (origin === undefined || site === 'same-origin') return
  // Browsers leave it out on plain HTTP; then the names tell.
  const isSame = site === undefined && hostOf(origin) !== null && hostOf(origin) === hostOf(`http://${host ?? ''}`)
  if (!isSame) throw foreignPage()
}

const foreignPage = (): RequestError => {
  const detail = 'Pages of other sites may not use this server.'
  return new RequestError(detail, { status: 403, problems: [{ in: 'header', name: 'origin', detail }] })
}

const hostOf = (url: string): string | null => {
  const parsed = URL.parse(url)
  return parsed === null || parsed.username !== '' ? null : parsed.hostname.replace(/^\[(.*)\]$/, '$1')
}
