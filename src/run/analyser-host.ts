import { Worker } from 'node:worker_threads'
import type { OutcomeCounts } from '../analyse/seen.ts'
import type { ErrorCode } from '../errors.ts'
import type { Log } from '../log/log.ts'
import type { Effect } from '../respond/effect.ts'
import type { Revocation } from '../respond/revocation.ts'
import type { AnalyserWorkerData, FromWorker, Progress, Question, ResponseAnswer, ToWorker } from './worker-messages.ts'

export interface AnalyserHostDeps {
  readonly log: Log
  readonly workerData: AnalyserWorkerData
  /** Everything in the log was applied: these revocations are in force. Effects follow. */
  readonly onReady: (revocations: readonly Revocation[]) => void
  readonly onEffects: (effects: readonly Effect[]) => void
  readonly onEvidenced: (actions: readonly { readonly realm: string; readonly actionId: string }[]) => void
  readonly onWantsMark: () => void
  /** Something failed that is tried again. */
  readonly onWarning?: (fields: Readonly<Record<string, unknown>>, message: string) => void
  /** Nothing before the position is needed here any more; the log forgets it if this is left out. */
  readonly onTrim?: (position: number) => void
  /** The analyser cannot go on: nothing it may guess its way past. */
  readonly onFailure: (failure: { readonly code: ErrorCode; readonly message: string }) => void
}

/** The analyser's thread as the main thread sees it. */
export class AnalyserHost {
  readonly ready: Promise<void>
  readonly #deps: AnalyserHostDeps
  readonly #worker: Worker
  readonly #stopped: Promise<void>
  readonly #unsubscribe: () => void
  #progress: Progress | null = null
  #isWakePending = false
  readonly #asked = new Map<number, (records: Readonly<OutcomeCounts> | null) => void>()
  readonly #questions = new Map<number, (answer: ResponseAnswer) => void>()
  #requestId = 0

  constructor(deps: AnalyserHostDeps) {
    this.#deps = deps
    this.#worker = new Worker(new URL(`./analyser-worker${extension}`, import.meta.url), {
      workerData: deps.workerData,
    })
    const ready = Promise.withResolvers<void>()
    const stopped = Promise.withResolvers<void>()
    this.ready = ready.promise
    this.#stopped = stopped.promise
    this.#worker.on('message', (message: FromWorker) => {
      if (message.type === 'ready') {
        deps.onReady(message.revocations)
        ready.resolve()
      }
      if (message.type === 'stopped') stopped.resolve()
      this.#receive(message)
    })
    this.#worker.on('error', (error) =>
      deps.onFailure({ code: 'AGT_LOG_FAILED', message: error.stack ?? error.message }),
    )
    this.#worker.on('exit', () => stopped.resolve())
    this.#unsubscribe = deps.log.onAppend(() => this.#wake())
  }

  /** What the analyser last said of itself; null until it said something. */
  progress(): Progress | null {
    return this.#progress
  }

  /** How the records of a batch ended; null while it was not analysed, and a day after. */
  batch(realm: string, batchId: string): Promise<Readonly<OutcomeCounts> | null> {
    this.#requestId += 1
    const requestId = this.#requestId
    return new Promise((resolve) => {
      this.#asked.set(requestId, resolve)
      this.#post({ type: 'batch', requestId, realm, batchId })
    })
  }

  /** Answered once the log is applied through the position that the question names. */
  ask(question: Question): Promise<ResponseAnswer> {
    this.#requestId += 1
    const requestId = this.#requestId
    return new Promise((resolve) => {
      this.#questions.set(requestId, resolve)
      this.#post({ type: 'ask', requestId, question })
    })
  }

  /** Lets the analyser finish what is in the log, store it and leave a snapshot; after `timeoutMs` it is ended as it is. */
  async stop(timeoutMs: number): Promise<void> {
    this.#unsubscribe()
    this.#post({ type: 'stop' })
    const timer = setTimeout(() => void this.#worker.terminate(), timeoutMs)
    await this.#stopped
    clearTimeout(timer)
    await this.#worker.terminate()
  }

  #trim(position: number): void {
    if (this.#deps.onTrim !== undefined) {
      this.#deps.onTrim(position)
      return
    }
    this.#deps.log.trim(position).catch((error: unknown) => {
      this.#deps.onFailure({ code: 'AGT_LOG_FAILED', message: String(error) })
    })
  }

  #wake(): void {
    // One message for all that is appended in a turn of the event loop.
    if (this.#isWakePending) return
    this.#isWakePending = true
    setImmediate(() => {
      this.#isWakePending = false
      this.#post({ type: 'appended' })
    })
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message)
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'progress':
        this.#progress = message
        break
      case 'effects':
        this.#deps.onEffects(message.effects)
        break
      case 'evidenced':
        this.#deps.onEvidenced(message.actions)
        break
      case 'warning':
        this.#deps.onWarning?.(message.fields, message.message)
        break
      case 'wantsMark':
        this.#deps.onWantsMark()
        break
      case 'trim':
        this.#trim(message.position)
        break
      case 'batch':
        this.#asked.get(message.requestId)?.(message.records)
        this.#asked.delete(message.requestId)
        break
      case 'answer':
        this.#questions.get(message.requestId)?.(message.answer)
        this.#questions.delete(message.requestId)
        break
      case 'failed':
        this.#deps.onFailure(message)
        break
      default:
        break
    }
  }
}

/** The thread runs from source in a checkout and as JavaScript in the published package. */
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
