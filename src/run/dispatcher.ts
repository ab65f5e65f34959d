import type { ReceiptEntry } from '../log/entry.ts'
import type { Log } from '../log/log.ts'
import type { Effect } from '../respond/effect.ts'
import type { Lever } from '../respond/lever.ts'
import { type GuardTimes, LeverGuard, type LeverStatus, usualTimes } from './lever-guard.ts'

export interface DispatcherDeps {
  readonly log: Pick<Log, 'append'>
  /** Each by its name. */
  readonly levers: readonly Lever[]
  /** Names this process in its receipts, so that one of several owners knows its own. */
  readonly ownerId: string
  readonly now: () => number
  readonly onFailure: (error: unknown) => void
  readonly times?: GuardTimes
}

/** The effects of one action, one after the other. */
interface Lane {
  tail: Promise<void>
  waiting: number
  /** Ends what is under way. */
  abort: AbortController
}

/**
 * Carries out effects and brings the answers back into the log. It appends `requested` and sends only what the analyser
 * gives back after it has read that: so nothing is done that is not in the log, and of several owners one does it. An
 * effect without a receipt comes again after a replay, under the same key.
 */
export class Dispatcher {
  readonly #deps: DispatcherDeps
  readonly #guards: ReadonlyMap<string, LeverGuard>
  readonly #lanes = new Map<string, Lane>()
  readonly #stopping = new AbortController()

  constructor(deps: DispatcherDeps) {
    this.#deps = deps
    this.#guards = new Map(deps.levers.map((lever) => [lever.name, new LeverGuard(lever, deps.times ?? usualTimes)]))
  }

  /** How each lever does. */
  status(): readonly (LeverStatus & { readonly lever: string })[] {
    return [...this.#guards].map(([lever, guard]) => ({ lever, ...guard.status }))
  }

  /** Resolves when what can be done with these is done. */
  async dispatch(effects: readonly Effect[]): Promise<void> {
    if (this.#stopping.signal.aborted) return
    const requested = effects.filter(({ stage }) => stage === 'request')
    const sent = effects.filter(({ stage, ownerId }) => stage === 'send' && ownerId === this.#deps.ownerId)
    await Promise.all([
      this.#append(requested.map((effect) => this.#receipt(effect, { state: 'requested', detail: '' }))),
      ...sent.map((effect) => this.#send(effect)),
    ])
  }

  async evidenced(actions: readonly { readonly realm: string; readonly actionId: string }[]): Promise<void> {
    const common = { kind: 'receipt', effectKey: '', state: 'evidenced', ownerId: this.#deps.ownerId } as const
    const detail = 'the evidence is in the store'
    const timeMs = this.#deps.now()
    await this.#append(actions.map(({ realm, actionId }) => ({ ...common, realm, actionId, detail, timeMs })))
  }

  /** Leaves off. What is not answered by then is sent again after the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all([...this.#lanes.values()].map(({ tail }) => tail))
  }

  #send(effect: Effect): Promise<void> {
    const lane = this.#lanes.get(effect.actionId) ?? newLane()
    this.#lanes.set(effect.actionId, lane)
    // What is to be taken back need not be tried any longer.
    if (effect.operation === 'lift') lane.abort.abort()
    const abort = new AbortController()
    lane.abort = abort
    lane.waiting += 1
    lane.tail = lane.tail.then(async () => {
      await this.#carryOut(effect, AbortSignal.any([abort.signal, this.#stopping.signal]))
      lane.waiting -= 1
      if (lane.waiting === 0) this.#lanes.delete(effect.actionId)
    })
    return lane.tail
  }

  async #carryOut(effect: Effect, taken: AbortSignal): Promise<void> {
    const guard = this.#guards.get(effect.lever)
    const answer =
      guard === undefined
        ? ({ state: 'failed', detail: `${effect.lever} is not configured any more` } as const)
        : await guard.carryOut(effect, taken)
    if (answer !== null) await this.#append([this.#receipt(effect, answer)])
  }

  async #append(receipts: readonly ReceiptEntry[]): Promise<void> {
    if (receipts.length === 0) return
    await this.#deps.log.append(receipts).catch(this.#deps.onFailure)
  }

  #receipt(effect: Effect, { state, detail }: Pick<ReceiptEntry, 'state' | 'detail'>): ReceiptEntry {
    return {
      kind: 'receipt',
      realm: effect.realm,
      actionId: effect.actionId,
      effectKey: effect.key,
      state,
      detail,
      ownerId: this.#deps.ownerId,
      timeMs: this.#deps.now(),
    }
  }
}

const newLane = (): Lane => ({ tail: Promise.resolve(), waiting: 0, abort: new AbortController() })
