import { parseExact } from '../../src/event/raw-json.ts'
import type { JsonObject } from '../../src/ingest/format.ts'
import { objectOf, textOf } from './field-values.ts'

/** One JSON-RPC message that Kong logged, with the access control checks that are about it. */
export interface KongCall {
  /** The entry of `rpc`, with payloads that are JSON as their values; empty where Kong logged no message. */
  readonly rpc: JsonObject
  readonly checks: readonly JsonObject[]
  /** Checks that are about no message: each tool of a listing has one. They decide nothing about the call. */
  readonly others: readonly JsonObject[]
}

const methodOf: ReadonlyMap<string, string> = new Map([
  ['tool', 'tools/call'],
  ['resource', 'resources/read'],
  ['prompt', 'prompts/get'],
])

/**
 * Gives each JSON-RPC message its access control checks. Kong writes the two as lists beside each other; what joins them is
 * the primitive's kind and name.
 */
export const kongCalls = (mcp: JsonObject): readonly KongCall[] => {
  const audits = objectsOf(mcp['audit'])
  const rpcs = objectsOf(mcp['rpc']).map(withPayload)
  if (rpcs.length === 0) return [withoutMessage(audits)]
  const used = new Set<JsonObject>()
  const calls = rpcs.map((rpc) => {
    const checks = audits.filter((audit) => isAbout(audit, rpc))
    for (const check of checks) used.add(check)
    return { rpc, checks }
  })
  const others = audits.filter((audit) => !used.has(audit))
  const listing = calls.findIndex(({ rpc }) => textOf(rpc['method']).endsWith('/list'))
  const holder = Math.max(listing, 0)
  return calls.map((call, index) => ({ ...call, others: index === holder ? others : [] }))
}

/** With statistics off, Kong logs checks only. A single one is about a call; of several, those of a listing can't be told. */
const withoutMessage = (audits: readonly JsonObject[]): KongCall => {
  const checks = audits.length === 1 ? audits : audits.filter(isGlobal)
  return { rpc: {}, checks, others: audits.filter((audit) => !checks.includes(audit)) }
}

const isGlobal = (audit: JsonObject): boolean => textOf(audit['primitive_name']) === ''

const isAbout = (audit: JsonObject, rpc: JsonObject): boolean => {
  if (isGlobal(audit)) return true
  const method = textOf(rpc['method'])
  if (method === '' || methodOf.get(textOf(audit['primitive'])) !== method) return false
  const name = nameOf(rpc)
  return name === '' || name === audit['primitive_name']
}

/** Kong names the tool; other names only stand in the payload. */
const nameOf = (rpc: JsonObject): string => {
  const params = objectOf(objectOf(objectOf(rpc['payload'])?.['request'])?.['params'])
  return textOf(rpc['tool_name']) || textOf(params?.['name']) || textOf(params?.['uri'])
}

const withPayload = (rpc: JsonObject): JsonObject => {
  const payload = objectOf(rpc['payload'])
  if (payload === undefined) return rpc
  const parsed = Object.entries(payload).map(([key, value]) => [key, parsedObject(value)])
  return { ...rpc, payload: Object.fromEntries(parsed) as JsonObject }
}

/** Kong serialises payloads as text. Text that is no JSON object stays text. */
const parsedObject = (value: unknown): unknown => {
  if (typeof value !== 'string' || !value.startsWith('{')) return value
  try {
    return parseExact(value)
  } catch {
    return value
  }
}

/** The objects of a list. Lua writes an empty list as `{}`. */
const objectsOf = (value: unknown): readonly JsonObject[] =>
  Array.isArray(value) ? value.map(objectOf).filter((item) => item !== undefined) : []
