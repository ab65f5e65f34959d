import { useEffect, useState } from 'preact/hooks'

/** What the list of sessions is narrowed to; `''` = not at all. */
export interface SessionFilters {
  readonly agent: string
  readonly user: string
  readonly tool: string
  readonly status: string
  readonly decision: string
}

/** What the page shows; everything of it is in the address, so that a link shows the same to a colleague. */
export type Route =
  | { readonly view: 'overview'; readonly filters: SessionFilters }
  | { readonly view: 'session'; readonly id: string; readonly finding: string }

export const noFilters: SessionFilters = { agent: '', user: '', tool: '', status: '', decision: '' }

const filterNames = Object.keys(noFilters) as (keyof SessionFilters)[]

export const parseRoute = (hash: string): Route => {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2)
  const params = new URLSearchParams(query)
  const [, what, id = ''] = path.split('/')
  if (what === 'sessions' && id !== '') return { view: 'session', id: decode(id), finding: params.get('finding') ?? '' }
  const filters = { ...noFilters }
  for (const name of filterNames) Object.assign(filters, { [name]: params.get(name) ?? '' })
  return { view: 'overview', filters }
}

export const hrefOf = (route: Route): string => {
  if (route.view === 'overview') return `#/${queryOf(route.filters)}`
  return `#/sessions/${encodeURIComponent(route.id)}${queryOf({ finding: route.finding })}`
}

/** `?a=b`, without what is empty; `''` if all is. */
export const queryOf = (values: Readonly<Record<string, string>> | SessionFilters): string => {
  const set = Object.entries(values).filter(([, value]) => value !== '')
  return set.length === 0 ? '' : `?${new URLSearchParams(set)}`
}

/** A link that somebody broke by hand leads to an id that is not there, which the page says. */
const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export const useRoute = (): Route => {
  const [hash, setHash] = useState(window.location.hash)
  useEffect(() => {
    const changed = () => setHash(window.location.hash)
    window.addEventListener('hashchange', changed)
    return () => window.removeEventListener('hashchange', changed)
  }, [])
  return parseRoute(hash)
}

/** Goes there without a step for the back button. */
export const replaceRoute = (route: Route): void => {
  window.history.replaceState(null, '', hrefOf(route))
  window.dispatchEvent(new HashChangeEvent('hashchange'))
}
