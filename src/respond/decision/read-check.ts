import { type DecisionRequest, emptyRequest } from './decision-request.ts'
import { messageType } from './grpc-messages.ts'
import { type HeaderOf, readHeaders } from './read-headers.ts'
import { objectOf, paramFacts, readMessage, textOf } from './read-message.ts'

interface EnvoyHttp {
  readonly id?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly path?: string
  readonly host?: string
  readonly body?: string
  readonly rawBody?: Uint8Array
  readonly headerMap?: { readonly headers?: readonly EnvoyHeader[] }
}

interface EnvoyHeader {
  readonly key?: string
  readonly value?: string
  readonly rawValue?: Uint8Array
}

export interface EnvoyCheck {
  readonly attributes?: {
    readonly source?: { readonly address?: { readonly socketAddress?: { readonly address?: string } } }
    readonly request?: { readonly http?: EnvoyHttp }
    readonly contextExtensions?: Readonly<Record<string, string>>
  }
}

/** An Envoy `CheckRequest`. Context extensions `realm` and `server` say what Envoy's configuration knows. */
export const readEnvoyCheck = ({ attributes = {} }: EnvoyCheck): DecisionRequest => {
  const http = attributes.request?.http ?? {}
  const facts = readHeaders(envoyHeaders(http))
  const extensions = attributes.contextExtensions ?? {}
  return {
    ...emptyRequest,
    ...facts,
    ...readMessage(http.body || http.rawBody || ''),
    realm: extensions['realm'] || emptyRequest.realm,
    server: extensions['server'] ?? '',
    clientAddress: facts.clientAddress || (attributes.source?.address?.socketAddress?.address ?? ''),
    httpMethod: http.method ?? '',
    host: http.host ?? '',
    path: withoutQuery(http.path ?? ''),
  }
}

/** Envoy sends a map, or with `encode_raw_headers` a list. */
const envoyHeaders = ({ headers = {}, headerMap }: EnvoyHttp): HeaderOf => {
  const list = headerMap?.headers ?? []
  if (list.length === 0) return (name) => (Object.hasOwn(headers, name) ? (headers[name] ?? '') : '')
  return (name) => {
    const found = list.find(({ key }) => key === name)
    return found?.value || Buffer.from(found?.rawValue ?? []).toString('utf8')
  }
}

/** Queries may hold what is nobody's business. */
export const withoutQuery = (path: string): string => path.split('?', 1)[0] ?? ''

export interface McpCheck {
  readonly serviceNames?: readonly string[]
  readonly method?: string
  readonly metadataContext?: Struct
  readonly mcpRequest?: Uint8Array
  readonly headers?: readonly { readonly key?: string; readonly value?: Uint8Array }[]
}

/**
 * agentgateway's `McpRequest`. Its metadata is what the operator's CEL expressions made; these keys are understood: `realm`,
 * `user`, `email`, `agent`, `client_id`, `session_id`, `mcp_session_id`, `user_agent`, `address`, `request_id`.
 */
export const readMcpCheck = (check: McpCheck): DecisionRequest => {
  const facts = readHeaders(mcpHeaders(check.headers ?? []))
  const metadata = plainStruct(check.metadataContext)
  const value = (name: string): string => textOf(metadata[name])
  const list = (ids: readonly string[], name: string) => (value(name) === '' ? ids : [...ids, value(name)])
  return {
    ...emptyRequest,
    ...facts,
    ...paramFacts(readParams(check.mcpRequest)),
    method: check.method ?? '',
    server: check.serviceNames?.[0] ?? '',
    realm: value('realm') || emptyRequest.realm,
    mcpSessionId: facts.mcpSessionId || value('mcp_session_id'),
    explicitSessionId: facts.explicitSessionId || value('session_id'),
    agentIds: list(facts.agentIds, 'agent'),
    userIds: list(facts.userIds, 'user'),
    userEmails: list(facts.userEmails, 'email'),
    oauthClientId: facts.oauthClientId || value('client_id'),
    userAgent: facts.userAgent || value('user_agent'),
    clientAddress: facts.clientAddress || value('address'),
    httpRequestId: facts.httpRequestId || value('request_id'),
  }
}

const mcpHeaders =
  (headers: NonNullable<McpCheck['headers']>): HeaderOf =>
  (name) => {
    const found = headers.find(({ key }) => key?.toLowerCase() === name)
    return found?.value === undefined ? '' : Buffer.from(found.value).toString('utf8')
  }

const openBrace = 0x7b

/** JSON, or in the protocol's older version a Struct: that begins with the tag of a field, never with a brace. */
const readParams = (bytes: Uint8Array | undefined): object => {
  if (bytes === undefined || bytes.length === 0) return {}
  try {
    if (bytes[0] === openBrace) return objectOf(JSON.parse(Buffer.from(bytes).toString('utf8')))
    return plainStruct(messageType('Struct').decode(bytes) as unknown as Struct)
  } catch {
    return {}
  }
}

interface Struct {
  readonly fields?: Readonly<Record<string, { readonly stringValue?: string }>>
}

/** The texts of a Struct; nothing else in it is looked at. */
const plainStruct = (struct: Struct | undefined): Readonly<Record<string, string>> => {
  const plain: Record<string, string> = {}
  for (const [name, value] of Object.entries(struct?.fields ?? {})) plain[name] = textOf(value.stringValue)
  return plain
}
