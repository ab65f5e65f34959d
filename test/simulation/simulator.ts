import { Analyser } from '../../src/analyse/analyser.ts'
import type { DecodedRecord } from '../../src/analyse/decode.ts'
import { restoreSnapshot, SnapshotWriter } from '../../src/analyse/snapshot.ts'
import { parseRules } from '../../src/detect/parse-rules.ts'
import { AgenttrailError } from '../../src/errors.ts'
import type { ActivityEvent } from '../../src/event/event.ts'
import { createAppend } from '../../src/log/append-batch.ts'
import type { BatchEntry, LogEntry } from '../../src/log/entry.ts'
import { MemoryLog } from '../../src/log/memory-log.ts'
import type { Effect } from '../../src/respond/effect.ts'
import { keptSnapshots } from '../../src/run/kept-snapshots.ts'
import { activationOf, shippedRules } from '../fakes/rules.ts'
import { MemorySink, MemoryStore, type Segment } from './memory-store.ts'

/** One rule of every kind of logic; a long run takes all of them. */
const kinds = ['approval-bypass', 'deny-burst', 'gateway-bypass', 'off-hours', 'probe-then-succeed', 'rate-spike']
const rules = shippedRules().filter(
  ({ name }) =>
    process.env['AGENTTRAIL_LONG'] !== undefined ||
    name === 'tool-verbs.yaml' ||
    kinds.includes(name.replace('.yaml', '')),
)
const ruleSet = parseRules(rules)

/** Read from the log at once. */
const readBytesMax = 1 << 20

export interface SimulatorOptions {
  /** Batches are refused above four fifths of it. */
  readonly logBytesMax: number
}

/** What a source offers again under the same id until it is taken. */
export interface Delivery {
  readonly events: readonly ActivityEvent[]
  readonly batchId: string
}

/**
 * The product's loop without clocks, sockets or disks: its log in memory, an analyser that can die at any step and comes
 * back from a snapshot, a store that can be away or lose the second of two inserts.
 */
export class Simulator {
  readonly store = new MemoryStore()
  nowMs = 0
  /** Records that a source was told are durable, counted each time it was told so. */
  acknowledged = 0
  crashes = 0
  /** Deliveries that a full log turned away. */
  refusals = 0

  readonly #log: MemoryLog
  readonly #appendBatch: ReturnType<typeof createAppend>
  #sink = new MemorySink()
  #effects: Effect[] = []
  #analyser = this.#newAnalyser()
  #snapshots: { readonly position: number; readonly bytes: Buffer }[] = []
  #writing: { readonly writer: SnapshotWriter; readonly chunks: Buffer[] } | null = null
  /** Segments sealed and not confirmed yet, oldest first: what a crash forgets and a replay makes again. */
  #pending: Segment[] = []
  #storedThrough = 0
  readonly #sent = new Set<string>()

  constructor(options: SimulatorOptions) {
    this.#log = new MemoryLog({ bytesMax: options.logBytesMax })
    this.#appendBatch = createAppend({ log: this.#log, now: () => new Date(this.nowMs) })
  }

  /** What the product does before it lets anything in: the rules are durable before the first record can be. */
  async start(): Promise<void> {
    await this.#append([activationOf(this.#analyser.activation, ...rules)])
  }

  get analyser(): Analyser {
    return this.#analyser
  }

  /** Time and the end of a store batch, as the log's owner appends them: no mark where nothing waits for one. */
  async tick(options: { readonly isMarkDue: boolean }): Promise<void> {
    const isMarkDue = options.isMarkDue || this.#analyser.wantsMark()
    await this.#append([{ kind: 'tick', timeMs: this.nowMs }, ...(isMarkDue ? [{ kind: 'mark' } as const] : [])])
  }

  /** Whether the records are durable now. A refused delivery left nothing in the log. */
  async deliver(delivery: Delivery): Promise<boolean> {
    const before = this.#log.end()
    const appended = this.#appendBatch(batchOf(delivery)).catch((error: unknown) => {
      if (!(error instanceof AgenttrailError && error.code === 'AGT_LOG_FULL')) throw error
      return null
    })
    if ((await appended) !== null) {
      this.acknowledged += delivery.events.length
      return true
    }
    if (this.#log.end() !== before) throw new Error('a refused batch is in the log')
    this.refusals += 1
    return false
  }

  /** The process dies before the records are durable: the source gets no answer, and nothing of them is kept. */
  async deliverIntoCrash(delivery: Delivery): Promise<void> {
    const appended = this.#appendBatch(batchOf(delivery)).then(
      () => true,
      () => false,
    )
    this.#log.crash()
    this.crash()
    if (await appended) throw new Error('an append that a crash cut off was acknowledged')
  }

  /** Applies what was appended, at most `steps` entries, sealing and snapshotting as the product does. */
  run(steps = Number.POSITIVE_INFINITY): void {
    for (let left = steps; left > 0; ) {
      const entries = this.#log.read(this.#analyser.position + 1, readBytesMax).slice(0, left)
      if (entries.length === 0) return
      for (const { position, entry } of entries) this.#apply(position, entry)
      left -= entries.length
    }
  }

  /** Sends pending segments, at most `count`: a crash may come between two tables of one mark. */
  insert(count = Number.POSITIVE_INFINITY): void {
    for (let sent = 0; sent < count && this.#pending.length > 0; sent += 1) {
      const segment = this.#pending[0] as Segment
      // What the store has already is not sent again, but must be the same.
      if (segment.mark <= this.store.storedMark(segment.table)) this.store.check(segment)
      else if (!this.store.insert(segment)) break
      this.#pending.shift()
    }
    this.#storedThrough = Math.max(this.#storedThrough, (this.#pending[0]?.mark ?? this.#analyser.markPosition + 1) - 1)
  }

  /** Delivers effects as the dispatcher does: `requested` into the log; once that was read back, the lever's answer. */
  async dispatch(): Promise<void> {
    const effects = this.#effects
    this.#effects = []
    for (const { key, realm, actionId, stage } of effects) {
      const step = `${stage} ${key}`
      if (this.#sent.has(step)) continue
      this.#sent.add(step)
      const receipt = { kind: 'receipt', realm, actionId, effectKey: key, detail: '', ownerId: 'sim' } as const
      await this.#append([{ ...receipt, state: stage === 'request' ? 'requested' : 'enforced' }])
    }
  }

  /** Begins a snapshot if the analyser stands at a mark; while one waits for the store, no other is made. */
  beginSnapshot(): void {
    const isWaiting = (this.#snapshots[0]?.position ?? 0) > this.#storedThrough
    if (this.#writing !== null || isWaiting || this.#analyser.markPosition !== this.#analyser.position) return
    const chunks: Buffer[] = []
    this.#writing = { chunks, writer: new SnapshotWriter(this.#analyser, (bytes) => chunks.push(Buffer.from(bytes))) }
  }

  /** Forgets snapshots and entries that recovery does not need. */
  async trim(): Promise<void> {
    const positions = this.#snapshots.map((snapshot) => snapshot.position)
    const kept = keptSnapshots(positions, this.#storedThrough)
    this.#snapshots = this.#snapshots.filter(({ position }) => kept.positions.includes(position))
    await this.#log.trim(kept.logFrom)
  }

  /** The process dies: everything but log, complete snapshots and store is gone. */
  crash(): void {
    this.crashes += 1
    this.#writing = null
    this.#pending = []
    this.#sink = new MemorySink()
    this.#analyser = this.#newAnalyser()
    const usable = this.#snapshots.find((snapshot) => snapshot.position <= this.#storedThrough)
    if (usable !== undefined && !restoreSnapshot(this.#analyser, usable.bytes))
      throw new Error('a snapshot did not load')
    this.#effects = this.#analyser.pendingEffects()
  }

  async #append(entries: readonly LogEntry[]): Promise<void> {
    await this.#log.append(entries)
  }

  #apply(position: number, entry: LogEntry): void {
    this.#analyser.apply(position, entry)
    if (entry.kind === 'mark') this.#pending.push(...this.#sink.seal(position))
    const writing = this.#writing
    if (writing === null || !writing.writer.step()) return
    this.#snapshots.unshift({ position: writing.writer.position, bytes: Buffer.concat(writing.chunks) })
    this.#writing = null
  }

  #newAnalyser(): Analyser {
    return new Analyser({
      decode,
      readRules: () => ruleSet,
      sink: {
        event: (row) => this.#sink.event(row),
        payload: (row) => this.#sink.payload(row),
        deadLetter: (row) => this.#sink.deadLetter(row),
        call: (row, sign) => this.#sink.call(row, sign),
        session: (row, sign) => this.#sink.session(row, sign),
        finding: (row, sign) => this.#sink.finding(row, sign),
        action: (row, sign) => this.#sink.action(row, sign),
        command: (row) => this.#sink.command(row),
      },
      onEffect: (effect) => this.#effects.push(effect),
    })
  }
}

const batchOf = ({ events, batchId }: Delivery) =>
  ({
    realm: 'default',
    source: events[0]?.source ?? '',
    format: 'simulated',
    transport: 'simulated',
    identity: 'batch',
    batchId,
    baseOffset: 0,
    records: events.length,
    isBackfill: false,
    body: Buffer.from(events.map((event) => JSON.stringify(event)).join('\n')),
  }) as const

const decode = (batch: BatchEntry): DecodedRecord[] =>
  Buffer.from(batch.body)
    .toString()
    .split('\n')
    .map((line, ordinal) => {
      const event = JSON.parse(line) as ActivityEvent
      return {
        recordId: event.eventId,
        ordinal,
        sourcePosition: event.sourcePosition,
        format: 'simulated',
        outcome: 'ok',
        reason: '',
        events: [event],
        vendorId: event.eventId,
        raw: line,
        rawBytes: line.length,
        recordHash: '',
      }
    })
