/** What a table holds: plain data, so that a snapshot can hold it too. `snap` and `ord` are the table's own. */
export interface Entity {
  /** The snapshot that has it. */
  snap: number
  /** Order of arrival in the table; a table loaded from a snapshot is in this order again. */
  ord: number
}

/** An entity as its maker gives it. */
export const fresh: Entity = { snap: 0, ord: 0 }

/**
 * State of the analyser that can be copied while it changes. A snapshot walks the table in small steps between log
 * entries; an entity that is about to change before the walk has reached it is saved first, as it was (copy on write).
 * Whoever changes an entity calls `touch` before, so the price outside snapshots is one comparison.
 */
export class EntityTable<V extends Entity> {
  readonly name: string
  readonly #entities = new Map<string, V>()
  #generation = 0
  #ord = 0
  #save: ((key: string, value: V) => void) | null = null
  #walk: IterableIterator<[string, V]> | null = null

  /** Copies an entity as deeply as it changes in place: once it was copied, the copy stays as it is. */
  readonly copy: (value: V) => V

  constructor(name: string, copy: (value: V) => V = structuredClone) {
    this.name = name
    this.copy = copy
  }

  get size(): number {
    return this.#entities.size
  }

  get(key: string): V | undefined {
    return this.#entities.get(key)
  }

  /** Adds an entity that was not there when a running snapshot began, so that snapshot leaves it out. */
  add(key: string, value: V): V {
    value.snap = this.#generation
    this.#ord += 1
    value.ord = this.#ord
    this.#entities.set(key, value)
    return value
  }

  /** Fills the empty table from a snapshot's entities, which come in any order. */
  load(entries: [string, V][]): void {
    entries.sort((a, b) => a[1].ord - b[1].ord)
    for (const [key, value] of entries) {
      value.snap = 0
      this.#entities.set(key, value)
    }
    this.#ord = entries.at(-1)?.[1].ord ?? 0
  }

  /** Must be called before an entity changes. */
  touch(key: string, value: V): void {
    if (this.#save !== null && value.snap !== this.#generation) {
      this.#save(key, value)
      value.snap = this.#generation
    }
  }

  delete(key: string): void {
    const value = this.#entities.get(key)
    if (value === undefined) return
    this.touch(key, value)
    this.#entities.delete(key)
  }

  values(): IterableIterator<V> {
    return this.#entities.values()
  }

  entries(): IterableIterator<[string, V]> {
    return this.#entities.entries()
  }

  /** Starts a snapshot of the table as it is now; `save` receives every entity once. */
  beginSnapshot(save: (key: string, value: V) => void): void {
    this.#generation += 1
    this.#save = save
    this.#walk = this.#entities.entries()
  }

  /** Saves up to `countMax` more entities. Returns how many were visited; less than `countMax` means it is complete. */
  stepSnapshot(countMax: number): number {
    const walk = this.#walk
    if (walk === null) return 0
    for (let visited = 0; visited < countMax; visited += 1) {
      const next = walk.next()
      if (next.done) {
        this.#walk = null
        this.#save = null
        return visited
      }
      this.touch(next.value[0], next.value[1])
    }
    return countMax
  }
}
