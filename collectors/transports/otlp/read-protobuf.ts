import protobuf from 'protobufjs/light.js'
import { AgenttrailError } from '../../../src/errors.ts'
import type { JsonObject } from '../../../src/ingest/format.ts'
import { recordBytesMax } from '../../../src/ingest/transport.ts'
import { messageType } from './messages.ts'
import type { OtlpRequest, OtlpRequestItem, OtlpResourceGroup, OtlpScopeGroup, OtlpSignal } from './request.ts'

/** Wire type of whatever has a length: messages, text, bytes. */
const delimited = 2

/**
 * An export request in protobuf. The three outer levels are walked on the wire and only single spans are decoded: were it
 * decoded whole, a body of empty messages would become a hundred times its size.
 */
export const readProtobuf = (body: Uint8Array, signal: OtlpSignal): OtlpRequest => ({
  members: {},
  resources: readResources(body, signal === 'traces' ? 'Span' : 'LogRecord'),
})

type ItemType = 'Span' | 'LogRecord'

function* readResources(body: Uint8Array, type: ItemType): Generator<OtlpResourceGroup> {
  for (const { field, bytes } of fieldsOf(body)) {
    if (field !== 1) continue
    yield { members: membersOf(bytes, 'resource', 'Resource'), scopes: readScopes(bytes, type) }
  }
}

function* readScopes(resource: Uint8Array, type: ItemType): Generator<OtlpScopeGroup> {
  for (const { field, bytes } of fieldsOf(resource)) {
    if (field !== 2) continue
    yield { members: membersOf(bytes, 'scope', 'InstrumentationScope'), items: readItems(bytes, type) }
  }
}

function* readItems(scope: Uint8Array, type: ItemType): Generator<OtlpRequestItem> {
  for (const { field, bytes } of fieldsOf(scope)) {
    if (field !== 2) continue
    if (bytes.length > recordBytesMax) yield { problem: `larger than ${recordBytesMax >> 10} KiB` }
    else yield { value: withHexIds(decode(bytes, type)) }
  }
}

/** The owner (field 1) and the URL of its schema (field 3), wherever they stand among the rest. */
const membersOf = (
  group: Uint8Array,
  name: 'resource' | 'scope',
  type: 'Resource' | 'InstrumentationScope',
): JsonObject => {
  const members: Record<string, unknown> = {}
  for (const { field, bytes } of fieldsOf(group)) {
    // It stands beside each of its items in a record.
    if (field === 1 && bytes.length > recordBytesMax)
      throw invalid(`a ${name} is larger than ${recordBytesMax >> 10} KiB`)
    if (field === 1) members[name] = decode(bytes, type)
    if (field === 3) members['schemaUrl'] = Buffer.from(bytes).toString()
  }
  return members
}

/** The fields of a message that have a length, in their order. */
function* fieldsOf(message: Uint8Array): Generator<{ readonly field: number; readonly bytes: Uint8Array }> {
  const reader = protobuf.Reader.create(message)
  while (reader.pos < reader.len) {
    const tag = translated(() => reader.uint32())
    const bytes = translated(() => {
      if ((tag & 7) === delimited) return reader.bytes()
      reader.skipType(tag & 7)
      return undefined
    })
    if (bytes !== undefined) yield { field: tag >>> 3, bytes }
  }
}

const decode = (bytes: Uint8Array, name: ItemType | 'Resource' | 'InstrumentationScope'): JsonObject =>
  translated(() => {
    const type = messageType(name)
    return type.toObject(type.decode(bytes), { longs: String, bytes: String }) as JsonObject
  })

const translated = <T>(read: () => T): T => {
  try {
    return read()
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : String(cause), cause)
  }
}

const invalid = (reason: string, cause?: unknown): AgenttrailError =>
  new AgenttrailError('AGT_BODY_INVALID', `The body is no protobuf message of OTLP: ${reason}.`, { cause })

const idNames = ['traceId', 'spanId', 'parentSpanId'] as const

/** Bytes are base64 in JSON, but ids are hex. */
const withHexIds = (item: JsonObject): JsonObject => {
  const copy: Record<string, unknown> = { ...item }
  for (const name of idNames) {
    const id = copy[name]
    if (typeof id === 'string') copy[name] = Buffer.from(id, 'base64').toString('hex')
  }
  const links = copy['links']
  if (Array.isArray(links)) copy['links'] = links.map(withHexIds)
  return copy
}
