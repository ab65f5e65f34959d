/** The cluster of Pomerium's own HTTP pages (sign-in, token endpoint, metadata). */
export const ownPages = 'pomerium-control-plane-http'

/** Whether a request was for one of those pages; a path tells where Pomerium names no cluster. */
export const isOwnPage = (cluster: string, path: string): boolean =>
  cluster === ownPages || path.startsWith('/.pomerium/') || path.startsWith('/.well-known/')
