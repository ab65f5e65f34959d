import type { RecordBatch } from '../ingest/transport.ts'
import type { SourceActivity } from '../telemetry/health-metrics.ts'

/** Whoever may post records names the source: a flood of names must not become a flood of metrics. */
const sourcesMax = 200
const rest = 'other'

interface Seen {
  readonly realm: string
  readonly source: string
  records: number
  lastMs: number
}

/** Counts what each source brings in. Beyond `sourcesMax` sources the rest are counted together as `other`. */
export class SourceWatch {
  readonly #now: () => number
  readonly #seen = new Map<string, Seen>()

  constructor(now: () => number) {
    this.#now = now
  }

  saw({ realm, source, records }: Pick<RecordBatch, 'realm' | 'source' | 'records'>): void {
    const seen = this.#entry(realm, source)
    seen.records += records
    seen.lastMs = this.#now()
  }

  sources(): readonly SourceActivity[] {
    return [...this.#seen.values()].map(({ realm, source, records, lastMs }) => ({
      realm,
      source,
      records,
      lastRecordAt: lastMs / 1000,
    }))
  }

  #entry(realm: string, source: string): Seen {
    const key = `${realm}\u0000${source}`
    const known = this.#seen.get(key)
    if (known !== undefined) return known
    if (this.#seen.size >= sourcesMax && source !== rest) return this.#entry(rest, rest)
    const made = { realm, source, records: 0, lastMs: 0 }
    this.#seen.set(key, made)
    return made
  }
}
