import { isRawJson } from './raw-json.ts'

/**
 * Writes a JSON value into `attributes` under its dotted path: text as it is, numbers with their digits, arrays by index,
 * empty objects and arrays as `{}` and `[]`. A dot within an inner key becomes `\.`; where two paths still meet, the
 * later one gets `#2`, `#3`, …, so that nothing is lost.
 */
export const flatten = (attributes: Record<string, string>, path: string, value: unknown): void => {
  if (typeof value !== 'object' || value === null) put(attributes, path, String(value))
  else if (isRawJson(value)) put(attributes, path, value.rawJSON)
  else flattenObject(attributes, path, value)
}

const flattenObject = (attributes: Record<string, string>, path: string, value: object): void => {
  const entries: [string, unknown][] = Object.entries(value)
  if (entries.length === 0) put(attributes, path, Array.isArray(value) ? '[]' : '{}')
  // Were inner dots not escaped, a hostile line could make thousands of paths meet.
  for (const [key, child] of entries) flatten(attributes, `${path}.${key.replaceAll('.', '\\.')}`, child)
}

const put = (attributes: Record<string, string>, path: string, text: string): void => {
  let free = path
  for (let count = 2; Object.hasOwn(attributes, free); count += 1) free = `${path}#${count}`
  // An assignment to `__proto__` would change the object instead of adding to it.
  if (free === '__proto__') Object.defineProperty(attributes, free, { value: text, enumerable: true, writable: true })
  else attributes[free] = text
}
