import { isUtf8 } from 'node:buffer'
import { AgenttrailError } from '../../../src/errors.ts'
import type { JsonObject } from '../../../src/ingest/format.ts'
import { objectOf } from '../../formats/field-values.ts'
import { parseJson } from '../../formats/parse-json.ts'
import {
  levelNames,
  type OtlpRequest,
  type OtlpRequestItem,
  type OtlpResourceGroup,
  type OtlpScopeGroup,
  type OtlpSignal,
} from './request.ts'

/** An export request in JSON, every digit and every member of it kept. */
export const readJson = (body: Buffer, signal: OtlpSignal): OtlpRequest => {
  const parsed = isUtf8(body) ? parseJson(body.toString()) : { kind: 'rejected' as const, reason: 'not UTF-8' }
  if (parsed.kind !== 'ok') throw invalid(`The body is no OTLP request: ${parsed.reason}.`)
  const names = levelNames[signal]
  return { members: without(parsed.value, [names.resources]), resources: readResources(parsed.value, names) }
}

type Names = (typeof levelNames)[OtlpSignal]

function* readResources(request: JsonObject, names: Names): Generator<OtlpResourceGroup> {
  for (const group of listOf(request, names.resources)) {
    const object = asObject(group, names.resources)
    yield { members: without(object, [names.scopes]), scopes: readScopes(object, names) }
  }
}

function* readScopes(resource: JsonObject, names: Names): Generator<OtlpScopeGroup> {
  for (const group of listOf(resource, names.scopes)) {
    const object = asObject(group, names.scopes)
    yield { members: without(object, [names.items]), items: readItems(object, names) }
  }
}

function* readItems(scope: JsonObject, names: Names): Generator<OtlpRequestItem> {
  for (const item of listOf(scope, names.items)) {
    const value = objectOf(item)
    yield value === undefined ? { problem: 'no object' } : { value }
  }
}

const listOf = (parent: JsonObject, name: string): readonly unknown[] => {
  const list = parent[name] ?? []
  if (!Array.isArray(list)) throw invalid(`${name} is no list.`)
  return list
}

const asObject = (value: unknown, name: string): JsonObject => {
  const object = objectOf(value)
  if (object === undefined) throw invalid(`A member of ${name} is no object.`)
  return object
}

const without = (object: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !names.includes(key)))

const invalid = (detail: string): AgenttrailError => new AgenttrailError('AGT_BODY_INVALID', detail)
