import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { AgenttrailError } from '../errors.ts'
import type { Activation } from '../log/entry.ts'
import { openKafkaLog } from '../log/kafka-log.ts'
import { KafkaSnapshots } from '../log/kafka-snapshots.ts'
import type { Log } from '../log/log.ts'
import type { Lever } from '../respond/lever.ts'
import type { Revocation } from '../respond/revocation.ts'
import type { Logger } from '../telemetry/logger.ts'
import { activate } from './activate.ts'
import { AnalyserHost } from './analyser-host.ts'
import type { Cluster } from './cluster.ts'
import { Dispatcher } from './dispatcher.ts'
import type { Keys } from './keys.ts'
import { LogOwner } from './log-owner.ts'
import { SnapshotFiles } from './snapshot-files.ts'
import type { Progress, StoreAddress } from './worker-messages.ts'

export interface PartitionOwnerDeps {
  readonly cluster: Cluster
  readonly partition: number
  readonly config: Config
  readonly keys: Keys
  readonly rules: Activation['rules']
  readonly levers: readonly Lever[]
  readonly store: StoreAddress
  /** A directory of this partition's own; what is in it is taken from the topic each time. */
  readonly dir: string
  /** All that is in force, once the log is applied. */
  readonly onReady: (revocations: readonly Revocation[]) => void
  readonly onFailure: (error: unknown) => void
  readonly log: Logger
}

const snapshotEveryMs = 60_000
const uploadEveryMs = 1_000
const lookEveryMs = 100
/** What is not stored by then is replayed by the next owner. */
const stopWaitMs = 5_000

/**
 * Analyses one partition for as long as it is this process's: appends its time and marks, carries out what it asks for,
 * brings its snapshots to where the next owner finds them, and lets the log go that they cover.
 */
export class PartitionOwner {
  readonly #deps: PartitionOwnerDeps
  readonly #log: Log
  readonly #snapshots: KafkaSnapshots
  readonly #files: SnapshotFiles
  readonly #owner: LogOwner
  readonly #dispatcher: Dispatcher
  readonly #analyser: AnalyserHost
  readonly #timers: NodeJS.Timeout[] = []
  #uploaded: number
  #uploading: Promise<void> = Promise.resolve()
  #isUploading = false
  #recordsSeen = 0

  /** Takes the partition over: from the newest snapshot in the topic, and the log behind it. */
  static async take(deps: PartitionOwnerDeps): Promise<PartitionOwner> {
    const { cluster, partition, log, dir, config, keys, rules } = deps
    const { kafka, topics } = cluster
    const snapshots = new KafkaSnapshots({ kafka, topic: topics.snapshots, partition, log })
    const paths = directories(dir)
    const newest = await fetchSnapshots(snapshots, paths.snapshots)
    const entries = await openKafkaLog({ kafka, topics, partition, log })
    await activate(entries, config, { tokenKeyId: keys.token.keyId, rules })
    return new PartitionOwner(deps, { entries, snapshots, paths, newest })
  }

  private constructor(
    deps: PartitionOwnerDeps,
    parts: {
      readonly entries: Log
      readonly snapshots: KafkaSnapshots
      readonly paths: ReturnType<typeof directories>
      readonly newest: number
    },
  ) {
    const { levers, onFailure, cluster, partition, store, keys } = deps
    const { entries, snapshots, paths } = parts
    this.#deps = deps
    this.#log = entries
    this.#snapshots = snapshots
    this.#uploaded = parts.newest
    this.#files = new SnapshotFiles(paths.snapshots)
    this.#owner = new LogOwner({ log: entries, now: Date.now, onFailure })
    this.#dispatcher = new Dispatcher({ log: entries, levers, ownerId: randomUUID(), now: Date.now, onFailure })
    this.#analyser = new AnalyserHost({
      log: entries,
      workerData: {
        log: { kind: 'kafka', connection: cluster.connection, topics: cluster.topics, partition },
        // Another owner may still be sending the same: what became of each insert is looked at, not only of the first ones.
        logEnd: Number.MAX_SAFE_INTEGER,
        snapshotDir: paths.snapshots,
        segmentDir: paths.segments,
        store,
        keys,
        snapshotEveryMs,
      },
      onReady: deps.onReady,
      onEffects: (effects) => void this.#dispatcher.dispatch(effects),
      onEvidenced: (actions) => void this.#dispatcher.evidenced(actions),
      onWantsMark: () => this.#owner.wantMark(),
      onWarning: (fields, message) => deps.log.warn({ partition, ...fields }, message),
      // Only what the topic's snapshots cover may go: another process may have to start from there.
      onTrim: () => undefined,
      onFailure: (failed) => onFailure(new AgenttrailError(failed.code, failed.message)),
    })
    this.#owner.start()
    this.#timers.push(setInterval(() => this.#look(), lookEveryMs))
    this.#timers.push(setInterval(() => this.#upload(), uploadEveryMs))
  }

  get partition(): number {
    return this.#deps.partition
  }

  get analyser(): AnalyserHost {
    return this.#analyser
  }

  progress(): Progress | null {
    return this.#analyser.progress()
  }

  logEnd(): number {
    return this.#log.end()
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await this.#dispatcher.stop()
    await this.#owner.stop()
    await this.#analyser.stop(stopWaitMs)
    await this.#uploading
    this.#upload(this.#files.loadStored())
    await this.#uploading
    await this.#log.close()
  }

  /** Collectors append without telling: what was analysed since says that a mark is due. */
  #look(): void {
    const records = this.#analyser.progress()?.records ?? {}
    const seen = Object.values(records).reduce(
      (sum, { stored, ignored, duplicate, rejected }) => sum + stored + ignored + duplicate + rejected,
      0,
    )
    if (seen > this.#recordsSeen) this.#owner.appended(seen - this.#recordsSeen)
    this.#recordsSeen = seen
  }

  /** Brings the newest snapshot at a stored mark to the topic; one that could not be brought is tried again. */
  #upload(storedThrough = this.#analyser.progress()?.storedThrough ?? 0): void {
    if (this.#isUploading) return
    const position = this.#files.positions().find((each) => each <= storedThrough && each > this.#uploaded)
    if (position === undefined) return
    this.#isUploading = true
    this.#uploading = this.#save(position)
      .catch((error: unknown) => {
        this.#deps.log.warn({ partition: this.partition, error: String(error) }, 'a snapshot will be saved again')
      })
      .finally(() => {
        this.#isUploading = false
      })
  }

  async #save(position: number): Promise<void> {
    await this.#snapshots.save({ position, bytes: this.#files.read(position) })
    this.#uploaded = position
    await this.#log.trim(this.#snapshots.logFrom())
  }
}

const directories = (dir: string): { readonly snapshots: string; readonly segments: string } => {
  const paths = { snapshots: join(dir, 'snapshots'), segments: join(dir, 'segments') }
  for (const path of Object.values(paths)) {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    // What an earlier ownership left may be older than the topic, and is in it if it counts.
    for (const name of readdirSync(path)) rmSync(join(path, name), { force: true, recursive: true })
  }
  return paths
}

/** Lays the topic's snapshots where the analyser looks for them. Returns the newest one's position. */
const fetchSnapshots = async (snapshots: KafkaSnapshots, dir: string): Promise<number> => {
  const found = await snapshots.load()
  for (const { position, bytes } of found) {
    writeFileSync(join(dir, `${position}.snapshot`), bytes, { mode: 0o600 })
  }
  const newest = found[0]?.position ?? 0
  // Only snapshots at stored marks get into the topic.
  new SnapshotFiles(dir).saveStored(newest)
  return newest
}
