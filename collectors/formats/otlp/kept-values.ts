import type { SealedValue } from '../../../src/event/seal-strings.ts'
import { objectOf } from '../field-values.ts'
import { SourceFields } from '../source-fields.ts'
import { readKeyValue } from './any-value.ts'

/**
 * Everything that one owner (a span, its resource, …) says, by name. Nothing that is added gets lost: a name that is taken
 * gets `#2`. Session tokens go in as their keyed hash.
 */
export class KeptValues {
  readonly #values = new Map<string, unknown>()
  readonly #sealed: SealedValue[]
  readonly #seal: (token: string) => string

  constructor(deps: { readonly seal: (token: string) => string; readonly sealed: SealedValue[] }) {
    this.#seal = deps.seal
    this.#sealed = deps.sealed
  }

  add(name: string, value: unknown): void {
    this.#put(name, isSessionToken(name) ? this.#sealTokens(value) : value)
  }

  /** The attributes of a list, each under `prefix` and its own name; what is no attribute, or has a taken name, under its place in the list. */
  addAttributes(prefix: string, list: unknown, listName: string): void {
    if (!Array.isArray(list)) {
      if (list !== undefined) this.add(listName, list)
      return
    }
    for (const [index, pair] of list.entries()) {
      const attribute = readKeyValue(pair)
      const name = `${prefix}${attribute?.key}`
      // By its place, so that a list of one name a thousand times costs no more than any other.
      if (attribute === undefined || this.#values.has(name)) this.add(`${listName}.${index}`, pair)
      else {
        this.add(name, attribute.value)
        for (const [member, odd] of Object.entries(attribute.odd)) this.add(`${listName}.${index}.${member}`, odd)
      }
    }
  }

  /** The members of an object, each under `prefix` and its own name, without those that are read elsewhere. */
  addMembers(prefix: string, object: unknown, without: readonly string[]): void {
    for (const [key, value] of Object.entries(objectOf(object) ?? {})) {
      if (!without.includes(key)) this.add(`${prefix}${key}`, value)
    }
  }

  get(name: string): unknown {
    return this.#values.get(name)
  }

  fields(): SourceFields {
    return new SourceFields(Object.fromEntries(this.#values))
  }

  #put(name: string, value: unknown): void {
    let free = name
    for (let count = 2; this.#values.has(free); count += 1) free = `${name}#${count}`
    this.#values.set(free, value)
  }

  /** A captured header is a list. */
  #sealTokens(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#sealTokens(item))
    if (typeof value !== 'string' || value === '') return value
    const replacement = this.#seal(value)
    this.#sealed.push({ value, replacement })
    return replacement
  }
}

/** `mcp.session.id`, its older spellings, and the captured header. */
const isSessionToken = (name: string): boolean => name.length < 200 && /mcp[._-]?session[._-]?id$/i.test(name)
