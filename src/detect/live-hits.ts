import type { Hit } from './hit.ts'
import { type LiveEntry, LiveWatch } from './live-watch.ts'
import type { RuleNode } from './rule-node.ts'

/** The watches of all correlations that are grouped alike, for one group. */
interface LiveGroup {
  readonly group: string
  /** By the correlation's slot. */
  readonly watches: (LiveWatch | undefined)[]
  count: number
}

/** Hits of calls that can still change, by watch, and the hits of each call. Derived: a snapshot does without. */
export class LiveHits {
  readonly #families: Map<string, LiveGroup>[] = []
  readonly #ofCall = new Map<string, readonly LiveEntry[]>()
  /** The group that was asked for last, by family: a call asks for one several times. */
  readonly #latest: (LiveGroup | undefined)[] = []

  /** The watch of a group; a new one holds nothing yet. */
  watchOf(node: RuleNode, group: string): LiveWatch {
    const known = this.#groupOf(node, group)
    const watch = known.watches[node.slot]
    if (watch !== undefined) return watch
    const made = new LiveWatch(node, group)
    known.watches[node.slot] = made
    known.count += 1
    return made
  }

  get(node: RuleNode, group: string): LiveWatch | undefined {
    return this.#families[node.family]?.get(group)?.watches[node.slot]
  }

  /** The hits that a call has by itself. */
  of(callId: string): readonly LiveEntry[] {
    return this.#ofCall.get(callId) ?? none
  }

  set(callId: string, entries: readonly LiveEntry[]): void {
    if (entries.length > 0) this.#ofCall.set(callId, entries)
    else this.#ofCall.delete(callId)
  }

  delete(callId: string): void {
    this.#ofCall.delete(callId)
  }

  /** Lets go of a watch that holds nothing. */
  drop({ node, group }: LiveWatch): void {
    const groups = this.#families[node.family]
    const known = groups?.get(group)
    if (known?.watches[node.slot] === undefined) return
    known.watches[node.slot] = undefined
    known.count -= 1
    if (known.count > 0) return
    groups?.delete(group)
    this.#latest[node.family] = undefined
  }

  clear(): void {
    this.#families.length = 0
    this.#latest.length = 0
    this.#ofCall.clear()
  }

  #groupOf({ family }: RuleNode, group: string): LiveGroup {
    const latest = this.#latest[family]
    if (latest !== undefined && latest.group === group) return latest
    let groups = this.#families[family]
    if (groups === undefined) {
      groups = new Map()
      this.#families[family] = groups
    }
    let known = groups.get(group)
    if (known === undefined) {
      known = { group, watches: [], count: 0 }
      groups.set(group, known)
    }
    this.#latest[family] = known
    return known
  }
}

const none: readonly never[] = []

/** The hit of a call in a group of a correlation; null if it has none there. */
export const entryOf = (entries: readonly LiveEntry[], node: RuleNode, group: string): LiveEntry | null => {
  for (const entry of entries) if (entry.watch.node === node && entry.watch.group === group) return entry
  return null
}

/** Whether two hits of one call say the same to a correlation. */
export const saysTheSame = (a: Hit, b: Hit, fields: readonly string[]): boolean =>
  a.mask === b.mask &&
  a.timeUs === b.timeUs &&
  a.sessionId === b.sessionId &&
  a.agentId === b.agentId &&
  a.agentName === b.agentName &&
  a.userId === b.userId &&
  a.userEmail === b.userEmail &&
  a.clientName === b.clientName &&
  fields.every((field) => isSameValue(a.fields[field], b.fields[field]))

const isSameValue = (a: Hit['fields'][string], b: Hit['fields'][string]): boolean =>
  a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b))
