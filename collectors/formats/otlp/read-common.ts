import type { ActivityEvent } from '../../../src/event/event.ts'
import { parseTraceparent } from '../../../src/event/parse-traceparent.ts'
import { readUserAgent } from '../read-user-agent.ts'
import type { OtlpItem } from './item.ts'
import { names } from './names.ts'
import type { Operation } from './operation.ts'
import { firstId, firstInteger, firstJson, firstText } from './take.ts'

/** What all conventions name alike: the request, its session, its transport, its payload. */
export const readCommon = (event: ActivityEvent, item: OtlpItem, operation: Operation): void => {
  readTarget(event, item, operation)
  readSession(event, item)
  readTransport(event, item)
  readPayloads(event, item)
}

const readTarget = (event: ActivityEvent, { attributes }: OtlpItem, operation: Operation): void => {
  event.method = operation.method
  event.jsonrpcId = firstId(attributes, names.jsonrpcId)
  event.server = firstText(attributes, names.server)
  if (operation.method === 'tools/call') {
    event.tool = firstText(attributes, names.tool) || operation.targetInName
    event.toolExposed = event.tool
  } else event.resource = firstText(attributes, names.resource) || operation.targetInName
}

/** Both ids are what the client says: they group, they attribute nothing. */
const readSession = (event: ActivityEvent, { attributes }: OtlpItem): void => {
  // Hashed when the attributes were read.
  event.mcpSessionId = firstText(attributes, names.mcpSessionId)
  event.explicitSessionId = firstText(attributes, names.explicitSessionId)
}

const readTransport = (event: ActivityEvent, { attributes }: OtlpItem): void => {
  event.httpMethod = firstText(attributes, names.httpMethod)
  event.httpHost = firstText(attributes, names.httpHost)
  event.urlPath = firstText(attributes, names.urlPath)
  event.httpStatus = firstInteger(attributes, names.httpStatus)
  event.requestBytes = firstInteger(attributes, names.requestBytes)
  event.responseBytes = firstInteger(attributes, names.responseBytes)
  event.httpRequestId = firstId(attributes, names.httpRequestId)
  const userAgent = firstId(attributes, names.userAgent)
  if (userAgent !== '') readUserAgent(event, userAgent)
  // A user agent's name for the client gives way to the one that the client states.
  event.clientName = firstText(attributes, names.clientName) || event.clientName
  event.clientVersion = firstText(attributes, names.clientVersion) || event.clientVersion
}

const readPayloads = (event: ActivityEvent, { attributes }: OtlpItem): void => {
  event.arguments = firstJson(attributes, names.arguments)
  event.result = firstJson(attributes, names.result)
  const traceId = traceInMeta(event.arguments)
  if (traceId === '' || traceId === event.traceId || event.linkedTraceIds.includes(traceId)) return
  event.linkedTraceIds = [...event.linkedTraceIds, traceId]
}

/** Whole `params` as arguments hold the caller's trace context in `_meta` (SEP-414). */
const traceInMeta = (json: string): string => {
  const found = /"_meta"\s*:\s*\{[^{}]{0,2000}?"traceparent"\s*:\s*"([^"\\]{1,256})"/.exec(json)
  return parseTraceparent(found?.[1]).traceId
}
