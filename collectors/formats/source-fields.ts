import { flatten } from '../../src/event/flatten.ts'
import { isRawJson } from '../../src/event/raw-json.ts'
import type { JsonObject } from '../../src/ingest/format.ts'
import { numberOf, objectOf } from './field-values.ts'

/**
 * An object's members by path (`text('source', 'extra', 'user_agent')`; a key with dots is one step), and which of them
 * a format has used: `rest` gives all others, so that every key is mapped or kept. A value of a type that the reader
 * cannot use is not used.
 */
export class SourceFields {
  readonly #value: JsonObject
  readonly #used = new Set<string>()

  constructor(value: JsonObject) {
    this.#value = value
  }

  /** The value as it is, not marked as used; `undefined` if there is none. */
  peek(...path: readonly string[]): unknown {
    let found: unknown = this.#value
    for (const key of path) {
      const parent: JsonObject | undefined = objectOf(found)
      if (parent === undefined || isRawJson(parent) || !Object.hasOwn(parent, key)) return undefined
      found = parent[key]
    }
    return found
  }

  /** A string, `''` for whatever is none. */
  text(...path: readonly string[]): string {
    const value = this.peek(...path)
    return typeof value === 'string' ? this.#use(path, value) : ''
  }

  /** A string, number or boolean as text with all its digits (ids that vendors write as either), `''` for anything else. */
  id(...path: readonly string[]): string {
    const value = this.peek(...path)
    if (isRawJson(value)) return this.#use(path, value.rawJSON)
    if (typeof value === 'number' || typeof value === 'boolean') return this.#use(path, String(value))
    return this.text(...path)
  }

  /** A finite number, rounded where it has more digits than a double keeps; `null` for whatever is none. Text is not read as one. */
  number(...path: readonly string[]): number | null {
    const value = numberOf(this.peek(...path))
    return value === null ? null : this.#use(path, value)
  }

  /** A boolean, `undefined` for whatever is none. */
  flag(...path: readonly string[]): boolean | undefined {
    const value = this.peek(...path)
    return typeof value === 'boolean' ? this.#use(path, value) : undefined
  }

  /** A list of strings, empty for whatever is none. */
  texts(...path: readonly string[]): readonly string[] {
    const value = this.peek(...path)
    const isTexts = Array.isArray(value) && value.every((item) => typeof item === 'string')
    return isTexts ? this.#use(path, value as readonly string[]) : []
  }

  /** Any value as JSON text, text that holds an object or array as it is; `''` where there is nothing. */
  json(...path: readonly string[]): string {
    const value = this.peek(...path)
    if (value === undefined || value === null || value === '') return ''
    const isJsonText = typeof value === 'string' && /^\s*[[{]/.test(value)
    return this.#use(path, isJsonText ? value : JSON.stringify(value))
  }

  /** Marks a value as used, whatever it is: what only says which kind of record this is. */
  drop(...path: readonly string[]): void {
    this.#used.add(keyOf(path))
  }

  /** Writes every member that was not used into `attributes`, under its dotted path. */
  rest(attributes: Readonly<Record<string, string>>): void {
    this.#keep(attributes as Record<string, string>, this.#value, [])
  }

  #use<T>(path: readonly string[], value: T): T {
    this.#used.add(keyOf(path))
    return value
  }

  #keep(attributes: Record<string, string>, object: JsonObject, above: readonly string[]): void {
    // Most members stand at the top, where a path is its key.
    const isTop = above.length === 0
    for (const key of Object.keys(object)) {
      const id = isTop ? key : keyOf([...above, key])
      if (!this.#used.has(id)) this.#keepMember(attributes, object[key], { id, path: isTop ? [key] : [...above, key] })
    }
  }

  #keepMember(
    attributes: Record<string, string>,
    value: unknown,
    { id, path }: { readonly id: string; readonly path: readonly string[] },
  ): void {
    const inner = objectOf(value)
    if (inner !== undefined && this.#hasUsedBelow(id)) this.#keep(attributes, inner, path)
    else flatten(attributes, dotted(path), value)
  }

  #hasUsedBelow(id: string): boolean {
    for (const used of this.#used) if (used.startsWith(`${id}\u0000`)) return true
    return false
  }
}

const keyOf = (path: readonly string[]): string => (path.length === 1 ? (path[0] ?? '') : path.join('\u0000'))

/** As `flatten` writes paths: a dot within an inner key is escaped. */
const dotted = ([first = '', ...inner]: readonly string[]): string =>
  [first, ...inner.map((key) => key.replaceAll('.', '\\.'))].join('.')
