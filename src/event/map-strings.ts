import { isRawJson } from './raw-json.ts'

export interface StringMapper {
  /** What takes the place of a string; `name` is the name it stands under, `''` for a name itself. */
  readonly map: (text: string, name: string) => string
  /** Whether a name covers everything below it, numbers included: `{"password":{"value":1234}}`. */
  readonly covers: (name: string) => boolean
}

/**
 * A JSON value with every string mapped, names included; the very same value if nothing changed, so that
 * `result !== value` says whether anything did.
 */
export const mapStrings = (value: unknown, mapper: StringMapper): unknown => mapUnder('', value, mapper)

const mapUnder = (name: string, value: unknown, mapper: StringMapper): unknown => {
  if (typeof value === 'string') return mapper.map(value, name)
  if (typeof value !== 'object' || value === null) return mapNumber(name, value, mapper)
  if (isRawJson(value)) return mapper.covers(name) ? mapper.map(value.rawJSON, name) : value
  return Array.isArray(value) ? mapArray(name, value, mapper) : mapObject(name, value, mapper)
}

const mapNumber = (name: string, value: unknown, mapper: StringMapper): unknown =>
  typeof value === 'number' && mapper.covers(name) ? mapper.map(String(value), name) : value

const mapArray = (name: string, array: readonly unknown[], mapper: StringMapper): unknown => {
  const mapped = array.map((child) => mapUnder(name, child, mapper))
  return mapped.some((child, index) => child !== array[index]) ? mapped : array
}

/** The name that a member stands under: a pair written as `{"key":…,"value":…}`, as OTLP does, names its value by its key. */
const nameOf = (key: string, object: object): string =>
  key === 'value' && 'key' in object && typeof object.key === 'string' ? object.key : key

const mapObject = (name: string, object: object, mapper: StringMapper): unknown => {
  const isCovered = mapper.covers(name)
  let isChanged = false
  const entries: [string, unknown][] = []
  for (const [key, child] of Object.entries(object) as [string, unknown][]) {
    const mapped = mapUnder(isCovered ? name : nameOf(key, object), child, mapper)
    const mappedKey = mapper.map(key, '')
    isChanged ||= mapped !== child || mappedKey !== key
    entries.push([mappedKey, mapped])
  }
  // `fromEntries` defines members, so `__proto__` stays data.
  return isChanged ? Object.fromEntries(entries) : object
}
