import { isRawJson } from '../../../src/event/raw-json.ts'
import { objectOf } from '../field-values.ts'

/** One attribute as it stood in its list; `odd` are the members that no attribute has. */
export interface OtlpAttribute {
  readonly key: string
  readonly value: unknown
  readonly odd: Readonly<Record<string, unknown>>
}

/** A `KeyValue` of OTLP's JSON encoding; `undefined` for what is none. */
export const readKeyValue = (pair: unknown): OtlpAttribute | undefined => {
  const object = objectOf(pair)
  const key = object?.['key']
  if (object === undefined || typeof key !== 'string') return undefined
  const { key: _key, value, ...odd } = object
  const any = objectOf(value)
  // One member is what the encoding allows; what stands beside it is kept, not read.
  const [kind = '', ...others] = Object.keys(any ?? {})
  if (any === undefined || !Object.hasOwn(readers, kind)) return { key, value, odd }
  const extra = others.map((name) => [`value.${name}`, any[name]])
  return { key, value: readAnyValue({ [kind]: any[kind] }), odd: { ...odd, ...Object.fromEntries(extra) } }
}

/** An `AnyValue` → plain JSON; whatever does not fit the encoding stays as it is. */
export const readAnyValue = (value: unknown): unknown => {
  const object = objectOf(value)
  const [kind, second] = Object.keys(object ?? {})
  if (object === undefined || kind === undefined || second !== undefined) return value
  const read = Object.hasOwn(readers, kind) ? readers[kind] : undefined
  return read === undefined ? value : read(object[kind], value)
}

const readInteger = (value: unknown): unknown => {
  // int64 is text in protobuf's JSON mapping, and a number in what others write.
  const text = isRawJson(value) ? value.rawJSON : value
  if (typeof text !== 'string' || !/^-?\d{1,19}$/.test(text)) return text
  const number = Number(text)
  return Number.isSafeInteger(number) && String(number) === text ? number : text
}

const readArray = (value: unknown, whole: unknown): unknown => {
  const values = objectOf(value)?.['values']
  if (values === undefined && isEmptyObject(value)) return []
  return Array.isArray(values) && hasOnly(value, 'values') ? values.map(readAnyValue) : whole
}

const readMap = (value: unknown, whole: unknown): unknown => {
  const values = objectOf(value)?.['values']
  if (values === undefined && isEmptyObject(value)) return {}
  if (!Array.isArray(values) || !hasOnly(value, 'values')) return whole
  const pairs = values.map(readKeyValue)
  const known = pairs.filter((pair) => pair !== undefined && Object.keys(pair.odd).length === 0)
  const isPlain = known.length === pairs.length && new Set(known.map((pair) => pair?.key)).size === pairs.length
  return isPlain ? Object.fromEntries(known.map((pair) => [pair?.key, pair?.value])) : whole
}

const isEmptyObject = (value: unknown): boolean => {
  const object = objectOf(value)
  return object !== undefined && Object.keys(object).length === 0
}

const hasOnly = (value: unknown, name: string): boolean =>
  Object.keys(objectOf(value) ?? {}).every((key) => key === name)

const asIs = (value: unknown): unknown => value

const readers: Readonly<Record<string, (value: unknown, whole: unknown) => unknown>> = {
  stringValue: asIs,
  boolValue: asIs,
  doubleValue: asIs,
  bytesValue: asIs,
  intValue: readInteger,
  arrayValue: readArray,
  kvlistValue: readMap,
}
