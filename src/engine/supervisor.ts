import { type ChildProcess, fork } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AgenttrailError, type ErrorCode } from '../errors.ts'
import type { ChildOptions, FromChild, ToChild } from './child-messages.ts'
import { Tail } from './tail.ts'

export type EngineState = 'starting' | 'up' | 'down'

export interface EngineDeps {
  readonly dataDir: string
  /** The process's environment; the engine gets a copy with more threads. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly engineMemoryBytesMax?: number
  /** How long the directory may stay locked by a predecessor that is still going down. */
  readonly lockWaitMs?: number
  /** Told once per state change or failure. */
  readonly onLog?: (fields: Readonly<Record<string, unknown>>, message: string) => void
}

/** The embedded engine: ClickHouse's HTTP interface on `socketPath`, kept alive until `stop`. */
export interface Engine {
  readonly socketPath: string
  /** Resolves when it first answers; rejects if the data directory is locked, newer or unusable. */
  readonly ready: Promise<void>
  readonly state: () => EngineState
  readonly restarts: () => number
  /** Of the running process; undefined while there is none. */
  readonly pid: () => number | undefined
  readonly onState: (listener: (state: EngineState) => void) => () => void
  readonly stop: () => Promise<void>
}

const memoryBytesDefault = 4 * 1024 ** 3
const lockWaitMsDefault = 10_000
const lockRetryMs = 100
/** Enough for the engine's last words. */
const errorCharsMax = 4096
/** A Unix socket's path holds 107 bytes on Linux, 103 elsewhere. */
const socketPathBytesMax = 100
const backoffMinMs = 100
const backoffMaxMs = 10_000
/** After this long it counts as healthy again. */
const settledMs = 30_000
const stopWaitMs = 10_000
/** A directory in which it never came up although it was tried so often does not work. */
const startsMax = 5

export const startEngine = (deps: EngineDeps): Engine => new Supervisor(deps)

class Supervisor implements Engine {
  readonly socketPath: string
  readonly ready: Promise<void>

  readonly #deps: EngineDeps
  readonly #options: ChildOptions
  readonly #removeOnStop: string | null
  readonly #listeners = new Set<(state: EngineState) => void>()
  readonly #settle: { readonly resolve: () => void; readonly reject: (error: Error) => void }
  #child: ChildProcess | null = null
  #state: EngineState = 'starting'
  #restarts = 0
  #backoffMs = backoffMinMs
  #upAtMs = 0
  #timer: NodeJS.Timeout | null = null
  #isStopping = false
  #wasUp = false

  constructor(deps: EngineDeps) {
    this.#deps = deps
    const dataDir = resolve(deps.dataDir)
    const scratchDir = join(dataDir, 'engine')
    mkdirSync(scratchDir, { recursive: true, mode: 0o700 })
    // An older directory may be more open than that.
    chmodSync(scratchDir, 0o700)
    const isShort = Buffer.byteLength(join(scratchDir, 'engine.sock')) <= socketPathBytesMax
    const socketDir = isShort ? scratchDir : mkdtempSync(join(tmpdir(), 'agenttrail-'))
    this.#removeOnStop = isShort ? null : socketDir
    this.socketPath = join(socketDir, 'engine.sock')
    this.#options = {
      storeDir: join(dataDir, 'store'),
      socketPath: this.socketPath,
      scratchDir,
      memoryBytesMax: deps.engineMemoryBytesMax ?? memoryBytesDefault,
    }
    const { promise, resolve: onReady, reject } = Promise.withResolvers<void>()
    this.ready = promise
    // Whoever never asks for `ready` sees the state instead.
    this.ready.catch(() => undefined)
    this.#settle = { resolve: onReady, reject }
    this.#start()
  }

  state = (): EngineState => this.#state
  restarts = (): number => this.#restarts
  pid = (): number | undefined => this.#child?.pid

  onState = (listener: (state: EngineState) => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  stop = async (): Promise<void> => {
    this.#isStopping = true
    this.#settle.reject(new AgenttrailError('AGT_STORE_UNAVAILABLE', 'The engine was stopped before it was ready.'))
    if (this.#timer !== null) clearTimeout(this.#timer)
    const child = this.#child
    if (child !== null) await endChild(child)
    this.#setState('down')
    rmSync(this.socketPath, { force: true })
    if (this.#removeOnStop !== null) rmSync(this.#removeOnStop, { recursive: true, force: true })
  }

  #start(): void {
    this.#setState('starting')
    const isSource = import.meta.url.endsWith('.ts')
    const file = fileURLToPath(new URL(isSource ? './child.ts' : './child.js', import.meta.url))
    const child = fork(file, [JSON.stringify(this.#options)], {
      // The engine works on libuv's threads; with four of them file access would wait behind queries.
      env: { ...this.#deps.env, UV_THREADPOOL_SIZE: '16' },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#child = child
    const errors = child.stderr === null ? null : new Tail(child.stderr, errorCharsMax)
    const giveUpAt = performance.now() + (this.#deps.lockWaitMs ?? lockWaitMsDefault)
    child.on('message', (message: FromChild) => {
      if (message.type === 'ready') this.#up()
      else if (message.type === 'failed') this.#failed(message.code, message.message)
      // What it wrote to its error output may arrive after the message.
      else setTimeout(() => this.#notOpened(child, errors, giveUpAt), lockRetryMs)
    })
    child.on('error', (error) => this.#deps.onLog?.({ error: error.message }, 'engine process failed'))
    child.on('exit', (code, signal) => this.#exited(child, signal ?? String(code), errors?.text ?? ''))
  }

  #up(): void {
    if (this.#isStopping) return
    this.#wasUp = true
    this.#upAtMs = performance.now()
    this.#setState('up')
    this.#settle.resolve()
  }

  #notOpened(child: ChildProcess, errors: Tail | null, giveUpAt: number): void {
    if (this.#child !== child || this.#isStopping) return
    const reason = errors?.text ?? ''
    const isLocked = reason.includes('Cannot lock file')
    if (isLocked && performance.now() < giveUpAt) {
      errors?.clear()
      send(child, 'retry')
      return
    }
    const { storeDir } = this.#options
    if (isLocked)
      this.#failed('AGT_DATA_DIR_LOCKED', `Another agenttrail uses ${storeDir}. Stop it, or name another directory.`)
    else this.#failed('AGT_DATA_DIR_UNUSABLE', `The engine cannot open ${storeDir}. ${reason}`)
    child.kill('SIGKILL')
  }

  #failed(code: ErrorCode, message: string): void {
    this.#deps.onLog?.({ code, error: message }, 'engine cannot use its directory')
    // A directory that worked before may work again; one that never did needs a person.
    if (this.#wasUp) return
    this.#isStopping = true
    this.#settle.reject(new AgenttrailError(code, message))
  }

  #exited(child: ChildProcess, how: string, lastWords: string): void {
    if (this.#child !== child) return
    this.#child = null
    this.#setState('down')
    if (this.#isStopping) return
    if (this.#upAtMs > 0 && performance.now() - this.#upAtMs > settledMs) this.#backoffMs = backoffMinMs
    this.#upAtMs = 0
    this.#restarts += 1
    if (!this.#wasUp && this.#restarts >= startsMax) {
      this.#failed(
        'AGT_DATA_DIR_UNUSABLE',
        `The engine died ${startsMax} times (${how}) over ${this.#options.storeDir}.`,
      )
      return
    }
    this.#deps.onLog?.({ how, lastWords, retryMs: this.#backoffMs, restarts: this.#restarts }, 'engine died')
    this.#timer = setTimeout(() => this.#start(), this.#backoffMs)
    this.#backoffMs = Math.min(this.#backoffMs * 2, backoffMaxMs)
  }

  #setState(state: EngineState): void {
    if (this.#state === state) return
    this.#state = state
    for (const listener of this.#listeners) listener(state)
  }
}

/** Asks it to end, and makes it end if it does not. */
const endChild = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  send(child, 'stop')
  const timer = setTimeout(() => child.kill('SIGKILL'), stopWaitMs)
  await exited
  clearTimeout(timer)
}

const send = (child: ChildProcess, message: ToChild): void => {
  // It may be gone already; its end says so.
  if (child.connected) child.send(message, () => undefined)
}
