import { setImmediate as nextTurn } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { createDecodeBatch } from '../../collectors/decode.ts'
import { formats } from '../../collectors/registry.ts'
import { Analyser } from '../analyse/analyser.ts'
import type { OutcomeCounts } from '../analyse/seen.ts'
import { restoreSnapshot } from '../analyse/snapshot.ts'
import { AgenttrailError } from '../errors.ts'
import { createSealToken } from '../event/seal.ts'
import type { LogReader } from '../log/log.ts'
import type { Effect } from '../respond/effect.ts'
import { decisionServiceTraits } from '../respond/levers/decision-service.ts'
import { createStoreClient } from '../store/client.ts'
import { createSegmentSink } from '../store/segments.ts'
import { untilAvailable } from '../store/until-available.ts'
import { createStoreWriter, loadStoredMarks } from '../store/writer.ts'
import { AnalyserSnapshots } from './analyser-snapshots.ts'
import { openLogReader } from './open-log-reader.ts'
import { progressOf } from './progress-of.ts'
import { SnapshotFiles } from './snapshot-files.ts'
import { StageClock } from './stage-clock.ts'
import type { AnalyserWorkerData, FromWorker, Question, ToWorker } from './worker-messages.ts'

/** Read from the log at once: enough to be efficient, little enough to let inserts and messages in between. */
const readBytesMax = 1 << 20
const progressEveryMs = 100
const noteStoredEveryMs = 1_000

const data = workerData as AnalyserWorkerData
const port = parentPort
if (port === null) throw new Error('analyser-worker runs as a worker thread')
const post = (message: FromWorker): void => port.postMessage(message)

/** The analyser with everything around it: log in, segments and effects out, snapshots beside it. */
class AnalyserLoop {
  readonly #reader: LogReader
  readonly #sink: ReturnType<typeof createSegmentSink>
  readonly #writer: ReturnType<typeof createStoreWriter>
  readonly #files = new SnapshotFiles(data.snapshotDir)
  readonly #snapshots: AnalyserSnapshots
  readonly #analyser: Analyser
  readonly #evidenced = new Set<string>()
  readonly #questions: { readonly requestId: number; readonly question: Question }[] = []
  #effects: Effect[] = []
  #firstPosition: number
  #progressAtMs = 0
  #storedNotedAtMs = 0
  #isStopping = false
  #wake: () => void = () => undefined
  readonly #clock = new StageClock()

  constructor(deps: {
    readonly reader: LogReader
    readonly writer: ReturnType<typeof createStoreWriter>
  }) {
    this.#reader = deps.reader
    this.#writer = deps.writer
    this.#sink = createSegmentSink({ dir: data.segmentDir, epoch: deps.reader.epoch, generation: 0, partition: 0 })
    this.#snapshots = new AnalyserSnapshots({
      files: this.#files,
      everyMs: data.snapshotEveryMs,
      onComplete: () => this.#prune(),
      onFailure: fail,
    })
    this.#analyser = this.#restore(this.#files.loadStored())
    this.#firstPosition = this.#analyser.position + 1
    this.#writer.onStored(() => this.#stored())
  }

  appended(): void {
    this.#wake()
  }

  batch(realm: string, batchId: string): Readonly<OutcomeCounts> | null {
    return this.#analyser.batchOutcome(realm, batchId)
  }

  ask(requestId: number, question: Question): void {
    this.#questions.push({ requestId, question })
    this.#answerQuestions()
  }

  stop(): void {
    this.#isStopping = true
    this.#wake()
  }

  async run(): Promise<void> {
    const replayEnd = await this.#catchUp()
    post({
      type: 'ready',
      activation: this.#analyser.activation,
      revocations: this.#analyser.revocations(decisionServiceTraits.name),
    })
    // What was under way before: effects of replayed entries were sent then, or have no receipt and are pending still.
    this.#effects = this.#analyser.pendingEffects()
    this.#postEffects()
    let position = replayEnd
    while (!this.#isStopping || this.#analyser.position > position) {
      position = this.#analyser.position
      await this.#step()
      if (this.#analyser.position === position && !this.#isStopping) await this.#idle()
    }
    await this.#finish()
  }

  /** Applies what is in the log already. Returns the position reached. */
  async #catchUp(): Promise<number> {
    let position = -1
    while (position !== this.#analyser.position) {
      position = this.#analyser.position
      await this.#step()
      this.#effects = []
    }
    return position
  }

  async #step(): Promise<void> {
    for (const { position, entry } of await this.#reader.read(this.#analyser.position + 1, readBytesMax)) {
      this.#clock.run('analyse', () => this.#analyser.apply(position, entry))
      if (entry.kind === 'mark') this.#sealed(position)
      this.#clock.run('snapshot', () => this.#snapshots.step())
    }
    this.#postEffects()
    this.#answerQuestions()
    this.#postProgress()
    await nextTurn()
  }

  #sealed(position: number): void {
    const segments = this.#clock.run('seal', () => this.#sink.seal({ position, firstPosition: this.#firstPosition }))
    this.#firstPosition = position + 1
    this.#writer.enqueue(position, segments)
    this.#clock.run('snapshot', () => this.#snapshots.marked(this.#analyser, this.#writer.storedThrough()))
  }

  #stored(): void {
    const now = performance.now()
    if (now - this.#storedNotedAtMs >= noteStoredEveryMs) {
      this.#storedNotedAtMs = now
      this.#files.saveStored(this.#writer.storedThrough())
    }
    this.#prune()
    const evidenced = this.#analyser
      .actionsEvidenced(this.#writer.storedThrough())
      .filter(({ actionId }) => !this.#evidenced.has(actionId))
    for (const { actionId } of evidenced) this.#evidenced.add(actionId)
    if (evidenced.length > 0) post({ type: 'evidenced', actions: evidenced })
    this.#postProgress()
  }

  #prune(): void {
    const position = this.#files.prune(this.#writer.storedThrough())
    if (position > this.#reader.first()) post({ type: 'trim', position })
  }

  async #idle(): Promise<void> {
    // With nothing to apply a snapshot goes on by itself: at a step for each tick a large one would take many minutes.
    if (this.#snapshots.isCopying) {
      this.#clock.run('snapshot', () => this.#snapshots.step())
      await nextTurn()
      return
    }
    if (this.#analyser.wantsMark()) post({ type: 'wantsMark' })
    this.#postProgress(true)
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#wake = () => undefined
  }

  #postEffects(): void {
    if (this.#effects.length === 0) return
    post({ type: 'effects', effects: this.#effects })
    this.#effects = []
  }

  /** Those about what the analyser has applied by now. */
  #answerQuestions(): void {
    const { position } = this.#analyser
    const due = this.#questions.filter(({ question }) => question.position <= position)
    if (due.length === 0) return
    const waiting = this.#questions.filter(({ question }) => question.position > position)
    this.#questions.splice(0, this.#questions.length, ...waiting)
    for (const { requestId, question } of due) {
      post({ type: 'answer', requestId, answer: this.#analyser.response(question.realm, question.command) })
    }
  }

  #postProgress(isForced = false): void {
    const now = performance.now()
    if (!isForced && now - this.#progressAtMs < progressEveryMs) return
    this.#progressAtMs = now
    post(
      progressOf(this.#analyser, {
        storedThrough: this.#writer.storedThrough(),
        isSettled: !this.#analyser.wantsMark() && this.#writer.storedThrough() >= this.#analyser.markPosition,
        snapshotPosition: this.#files.positions()[0] ?? 0,
        snapshotPauseMs: this.#snapshots.pauseMs,
        stageSeconds: this.#clock.seconds(),
      }),
    )
  }

  /** A clean stop leaves a snapshot at a stored mark, so that the next start has nothing to replay. */
  async #finish(): Promise<void> {
    await this.#writer.drain()
    if (
      this.#analyser.markPosition === this.#analyser.position &&
      this.#writer.storedThrough() >= this.#analyser.position
    ) {
      await this.#snapshots.take(this.#analyser)
    }
    this.#files.saveStored(this.#writer.storedThrough())
    await this.#writer.stop()
    await this.#reader.close()
    post({ type: 'stopped' })
  }

  /** The newest snapshot whose mark is stored; a torn one is passed over for the one before. */
  #restore(storedThrough: number): Analyser {
    for (const position of this.#files.positions()) {
      if (position > storedThrough) continue
      const analyser = this.#newAnalyser()
      if (restoreSnapshot(analyser, this.#files.read(position))) return analyser
    }
    const analyser = this.#newAnalyser()
    const first = this.#reader.first()
    if (first > 1) {
      throw new AgenttrailError(
        'AGT_LOG_GAP',
        `No usable snapshot is left and the log begins at ${first}. Restore ${data.snapshotDir} from a backup.`,
      )
    }
    return analyser
  }

  #newAnalyser(): Analyser {
    const sealToken = createSealToken(data.keys.token)
    const decode = createDecodeBatch({ formats, hashKey: data.keys.recordHash.key, sealToken })
    return new Analyser({
      // A part is small enough to be read whole, and then its cost can be told from what follows.
      decode: (batch) => this.#clock.run('decode', () => [...decode(batch)]),
      sink: this.#sink,
      onEffect: (effect) => this.#effects.push(effect),
    })
  }
}

const start = async (): Promise<void> => {
  const client = createStoreClient(data.store)
  let appended = (): void => undefined
  const reader = await openLogReader(data.log, () => appended())
  const stored = await untilAvailable(() => loadStoredMarks(client, reader.epoch))
  const writer = createStoreWriter({
    client,
    segmentMode: 'socketPath' in data.store ? 'path' : 'body',
    stored,
    checkThrough: data.logEnd,
    onLog: (fields, message) => post({ type: 'warning', fields, message }),
  })
  const loop = new AnalyserLoop({ reader, writer })
  appended = () => loop.appended()
  port.on('message', (message: ToWorker) => {
    if (message.type === 'appended') loop.appended()
    else if (message.type === 'stop') loop.stop()
    else if (message.type === 'ask') loop.ask(message.requestId, message.question)
    else post({ type: 'batch', requestId: message.requestId, records: loop.batch(message.realm, message.batchId) })
  })
  await loop.run()
}

const fail = (error: unknown): void => {
  const code = error instanceof AgenttrailError ? error.code : 'AGT_LOG_FAILED'
  post({ type: 'failed', code, message: error instanceof Error ? (error.stack ?? error.message) : String(error) })
}

start().catch(fail)
