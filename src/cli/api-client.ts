import { readFileSync } from 'node:fs'
import { AgenttrailError, type ErrorCode, errorCodes } from '../errors.ts'

export interface ApiClientDeps {
  readonly url: string
  readonly token: string
  readonly fetch?: typeof fetch
  readonly timeoutMs?: number
}

export type Query = Readonly<Record<string, string | number | undefined>>

/** Talks to a running server. Every failure is an `AgenttrailError` whose message says what to do. */
export interface ApiClient {
  readonly url: string
  readonly get: (path: string, query?: Query) => Promise<unknown>
  /** The response as it came, whatever its status; only a server that does not answer is an error. */
  readonly send: (path: string, init: RequestInit & { readonly query?: Query }) => Promise<Response>
}

const timeoutMsDefault = 30_000
const urlDefault = 'http://127.0.0.1:9470'

/** The client for `AGENTTRAIL_URL` and `AGENTTRAIL_TOKEN`. */
export const apiClientFor = (
  env: Readonly<Record<string, string | undefined>>,
  timeoutMs = timeoutMsDefault,
): ApiClient => createApiClient({ url: env['AGENTTRAIL_URL'] || urlDefault, token: tokenFrom(env), timeoutMs })

const tokenFrom = (env: Readonly<Record<string, string | undefined>>): string => {
  const file = env['AGENTTRAIL_TOKEN_FILE'] ?? ''
  if (file === '') return env['AGENTTRAIL_TOKEN'] ?? ''
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw unreadable(file, error)
  }
}

const unreadable = (file: string, cause: unknown): AgenttrailError =>
  new AgenttrailError('AGT_CONFIG_INVALID', `AGENTTRAIL_TOKEN_FILE is "${file}", which cannot be read`, { cause })

export const createApiClient = (deps: ApiClientDeps): ApiClient => {
  const base = parseBase(deps.url)
  const request = deps.fetch ?? fetch

  const send: ApiClient['send'] = async (path, { query, ...init }) => {
    const url = urlOf(base + path, query)
    const headers = new Headers(init.headers)
    if (deps.token !== '') headers.set('authorization', `Bearer ${deps.token}`)
    const signals = [AbortSignal.timeout(deps.timeoutMs ?? timeoutMsDefault), ...(init.signal ? [init.signal] : [])]
    try {
      return await request(url, { ...init, headers, redirect: 'error', signal: AbortSignal.any(signals) })
    } catch (error) {
      throw unreachable(base, error)
    }
  }

  return {
    url: base,
    send,
    get: async (path, query = {}) => {
      const response = await send(path, { query, headers: { accept: 'application/json' } })
      const body = await response.text().catch(() => '')
      if (!response.ok) throw problemError(response.status, body, base)
      return parseBody(body, base)
    },
  }
}

const urlOf = (address: string, query: Query = {}): URL => {
  const url = new URL(address)
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') url.searchParams.set(name, String(value))
  }
  return url
}

/** What a response that is not a success says, as an error of ours. */
export const problemError = (status: number, body: string, base: string): AgenttrailError => {
  const problem = parseProblem(body)
  const text = problem.detail || problem.title || `status ${status}`
  if (problem.code in errorCodes) return new AgenttrailError(problem.code as ErrorCode, text)
  if (status === 401 || status === 403) {
    return new AgenttrailError('AGT_REQUEST_INVALID', `${base} wants a token with the right role: set AGENTTRAIL_TOKEN`)
  }
  if (status === 404) return new AgenttrailError('AGT_NOT_FOUND', text)
  if (status >= 500) return new AgenttrailError('AGT_STORE_UNAVAILABLE', `${base} answered ${status}: ${text}`)
  return new AgenttrailError('AGT_REQUEST_INVALID', `${base} answered ${status}: ${text}`)
}

const parseBase = (url: string): string => {
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new AgenttrailError(
      'AGT_CONFIG_INVALID',
      `AGENTTRAIL_URL is "${url}"; it must be an http or https address such as ${urlDefault}`,
    )
  }
  return parsed.href.replace(/\/+$/, '')
}

const parseBody = (body: string, base: string): unknown => {
  try {
    return JSON.parse(body)
  } catch (error) {
    throw notAgenttrail(base, error)
  }
}

const parseProblem = (body: string): { readonly code: string; readonly title: string; readonly detail: string } => {
  let parsed: unknown = null
  try {
    parsed = JSON.parse(body)
  } catch {
    // Not a problem document: a proxy's page, perhaps. The status has to do.
  }
  const fields = typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {}
  const text = (name: string): string => (typeof fields[name] === 'string' ? fields[name] : '')
  return { code: text('code'), title: text('title'), detail: text('detail') }
}

const notAgenttrail = (base: string, cause: unknown): AgenttrailError =>
  new AgenttrailError(
    'AGT_SERVER_UNREACHABLE',
    `What answers at ${base} is not agenttrail. Set AGENTTRAIL_URL to the address that \`agenttrail serve\` printed`,
    { cause },
  )

const unreachable = (base: string, cause: unknown): AgenttrailError => {
  const reason = reasonOf(cause)
  return new AgenttrailError(
    'AGT_SERVER_UNREACHABLE',
    `No server answers at ${base}${reason === '' ? '' : ` (${reason})`}. Start one with \`agenttrail serve\`, or set AGENTTRAIL_URL to where it runs`,
    { cause },
  )
}

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return ''
  const code = (error as NodeJS.ErrnoException).code
  if (typeof code === 'string') return code
  const below = reasonOf(error.cause)
  if (below !== '') return below
  return error.name === 'TimeoutError' ? 'timed out' : ''
}
