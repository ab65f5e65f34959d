import {
  closeSync,
  existsSync,
  fsync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { keptSnapshots } from './kept-snapshots.ts'

const storedName = 'stored'
const sync = promisify(fsync)

/** Snapshots on disk, one file each, named after the position of their mark. Complete files only ever appear whole. */
export class SnapshotFiles {
  readonly #dir: string

  constructor(dir: string) {
    this.#dir = dir
    // What a crash left half written is of no use.
    for (const name of readdirSync(dir)) if (name.endsWith('.part')) rmSync(join(dir, name))
  }

  /** Positions, newest first. */
  positions(): number[] {
    return readdirSync(this.#dir)
      .filter((name) => /^\d+\.snapshot$/.test(name))
      .map((name) => Number.parseInt(name, 10))
      .sort((a, b) => b - a)
  }

  read(position: number): Buffer {
    return readFileSync(this.#path(position))
  }

  /**
   * Notes the newest mark that is stored, so that the next start knows where it may begin without asking every table: a
   * table has no row of a mark that wrote none. A note that is older than the truth costs a longer replay, nothing else.
   */
  saveStored(position: number): void {
    const path = join(this.#dir, storedName)
    writeFileSync(`${path}.part`, String(position))
    renameSync(`${path}.part`, path)
  }

  loadStored(): number {
    const path = join(this.#dir, storedName)
    return existsSync(path) ? Number.parseInt(readFileSync(path, 'utf8'), 10) || 0 : 0
  }

  /** Bytes go to a file of its own until `complete` gives it its name. */
  begin(position: number): { readonly write: (bytes: Buffer) => void; readonly complete: () => Promise<void> } {
    const part = `${this.#path(position)}.part`
    const file = openSync(part, 'w', 0o600)
    return {
      write: (bytes) => {
        writeSync(file, bytes)
      },
      complete: async () => {
        // Of a large one this takes seconds, which nobody has to wait for.
        await sync(file)
        closeSync(file)
        renameSync(part, this.#path(position))
        syncDirectory(this.#dir)
      },
    }
  }

  /** Removes what recovery does not need. Returns the position from which the log is still needed. */
  prune(storedThrough: number): number {
    const positions = this.positions()
    const kept = keptSnapshots(positions, storedThrough)
    for (const position of positions) if (!kept.positions.includes(position)) rmSync(this.#path(position))
    return kept.logFrom
  }

  #path(position: number): string {
    return join(this.#dir, `${position}.snapshot`)
  }
}

const syncDirectory = (path: string): void => {
  const directory = openSync(path, 'r')
  fsyncSync(directory)
  closeSync(directory)
}
