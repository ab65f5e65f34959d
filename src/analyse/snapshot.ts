import { hash } from 'node:crypto'
import { deserialize, serialize } from 'node:v8'
import { type Analyser, type AnalyserScalars, codeVersion } from './analyser.ts'

/** Entities saved in one step between two log entries: a few milliseconds, far below the 100 ms that a pause may take. */
const stepEntities = 500
/** Entities in one frame. One call of the serialiser for many: a call for each costs four times as much. */
const frameEntities = 500

type Frame =
  | { readonly kind: 'scalars'; readonly scalars: AnalyserScalars }
  | { readonly kind: 'entities'; readonly table: string; readonly entities: readonly [string, unknown][] }
  | { readonly kind: 'end'; readonly frames: number; readonly digest: string }

/**
 * A copy of the analyser's state as it was at a mark, made in small steps while the analyser goes on. `write` receives
 * the frames' bytes in order; `step` returns whether it is complete.
 */
export class SnapshotWriter {
  readonly position: number
  readonly #tables: ReturnType<Analyser['tables']>
  readonly #write: (bytes: Buffer) => void
  readonly #pending = new Map<string, [string, unknown][]>()
  #table = 0
  #frames = 0
  #digest = ''

  constructor(analyser: Analyser, write: (bytes: Buffer) => void) {
    this.#write = write
    this.position = analyser.position
    this.#frame({ kind: 'scalars', scalars: analyser.saveScalars() })
    this.#tables = analyser.tables()
    for (const { realm, table } of this.#tables) {
      const name = tableName(realm, table.name)
      table.beginSnapshot((key, value) => this.#save(name, key, table.copy(value)))
    }
  }

  /** Does a little of the work. True once the copy is complete. */
  step(): boolean {
    let left = stepEntities
    while (left > 0) {
      const current = this.#tables[this.#table]
      if (current === undefined) {
        this.#finish()
        return true
      }
      const visited = current.table.stepSnapshot(left)
      if (visited < left) this.#table += 1
      left -= visited
      if (visited === 0 && left > 0) left -= 1
    }
    return false
  }

  #save(table: string, key: string, value: unknown): void {
    const pending = this.#pending.get(table) ?? []
    // A copy: the entity changes right after.
    pending.push([key, value])
    this.#pending.set(table, pending)
    if (pending.length >= frameEntities) this.#flush(table)
  }

  #flush(table: string): void {
    const entities = this.#pending.get(table) ?? []
    this.#pending.delete(table)
    if (entities.length > 0) this.#frame({ kind: 'entities', table, entities })
  }

  #finish(): void {
    for (const table of [...this.#pending.keys()]) this.#flush(table)
    this.#frame({ kind: 'end', frames: this.#frames, digest: this.#digest })
  }

  #frame(frame: Frame): void {
    const body = serialize(frame)
    const head = Buffer.alloc(4)
    head.writeUInt32LE(body.length)
    this.#digest = hash('sha256', Buffer.concat([Buffer.from(this.#digest), body]), 'hex')
    this.#frames += 1
    this.#write(head)
    this.#write(body)
  }
}

/**
 * Loads a snapshot's bytes into a new analyser. False if they are torn, altered, of older code or not a snapshot: then an older one
 * is to be tried, with another new analyser.
 */
export const restoreSnapshot = (analyser: Analyser, bytes: Buffer): boolean => {
  const frames = readFrames(bytes)
  const first = frames?.[0]
  if (frames === null || first?.kind !== 'scalars') return false
  // What is in the tables may mean something else now; the log tells it anew.
  if (first.scalars.codeVersion < codeVersion) return false
  analyser.prepare(first.scalars)
  const entities = new Map<string, [string, unknown][]>()
  for (const frame of frames) {
    if (frame.kind !== 'entities') continue
    const known = entities.get(frame.table) ?? []
    for (const [key, value] of frame.entities) known.push([key, value])
    entities.set(frame.table, known)
  }
  for (const { realm, table } of analyser.tables()) {
    table.load((entities.get(tableName(realm, table.name)) ?? []) as [string, never][])
  }
  analyser.restore(first.scalars)
  return true
}

const tableName = (realm: string | null, table: string): string => `${realm === null ? '' : `r:${realm}`}/${table}`

const readFrames = (bytes: Buffer): Frame[] | null => {
  const frames: Frame[] = []
  let digest = ''
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readUInt32LE(at)
    if (end > bytes.length) return null
    const body = bytes.subarray(at + 4, end)
    const frame = parseFrame(body)
    if (frame === null) return null
    if (frame.kind === 'end') return frame.digest === digest && frame.frames === frames.length ? frames : null
    digest = hash('sha256', Buffer.concat([Buffer.from(digest), body]), 'hex')
    frames.push(frame)
    at = end
  }
  return null
}

const parseFrame = (body: Buffer): Frame | null => {
  try {
    return deserialize(body) as Frame
  } catch {
    // Torn or altered bytes are no frame.
    return null
  }
}
