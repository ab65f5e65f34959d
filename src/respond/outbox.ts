import type { Action } from './action.ts'
import { type Effect, effectOf, type Operation, type Outgoing } from './effect.ts'

export interface OutboxDeps {
  readonly onEffect: (effect: Effect) => void
  /** Called before an action changes. */
  readonly touch: (action: Action) => void
}

/** A lift that failed leaves an agent locked out: it is tried again for as long as it takes. */
const liftAgainMs = 60_000

/** Effects on their way out: each is asked for, read back, sent and answered, and comes again until it is answered. */
export class Outbox {
  readonly #deps: OutboxDeps
  /** Actions with a lift to be tried again. Derived. */
  readonly #again = new Set<Action>()

  constructor(deps: OutboxDeps) {
    this.#deps = deps
  }

  /** Completes what was loaded from a snapshot. */
  adopt(action: Action): void {
    if (action.outgoing.some(({ againMs }) => againMs !== null)) this.#again.add(action)
  }

  add(action: Action, operation: Operation): void {
    this.#deps.touch(action)
    // What is taken back need not be applied any more; a newer text takes the place of one that was not sent yet.
    const kept = operation === 'apply' ? action.outgoing.filter((known) => known.ownerId !== '') : []
    action.effects += 1
    const added: Outgoing = { key: `${action.row.id}:${action.effects}`, operation, ownerId: '', againMs: null }
    action.outgoing = [...kept, added]
    this.#again.delete(action)
    this.#deps.onEffect(effectOf(action, added))
  }

  /** Nothing more of it leaves. */
  drop(action: Action): void {
    this.#deps.touch(action)
    action.outgoing = []
    this.#again.delete(action)
  }

  /** `requested` was read back: its owner may send. */
  requested(action: Action, outgoing: Outgoing, ownerId: string): void {
    const sent = { ...outgoing, ownerId }
    this.#replace(action, outgoing, [sent])
    this.#deps.onEffect(effectOf(action, sent))
  }

  answered(action: Action, outgoing: Outgoing): void {
    this.#replace(action, outgoing, [])
  }

  /** A lift was answered, and is tried again later all the same. */
  postpone(action: Action, outgoing: Outgoing, tickMs: number): void {
    this.#deps.touch(action)
    action.outgoing = [...action.outgoing, { ...outgoing, ownerId: '', againMs: tickMs + liftAgainMs }]
    this.#again.add(action)
  }

  onTick(tickMs: number): void {
    for (const action of this.#again) {
      for (const outgoing of action.outgoing) {
        if (outgoing.againMs === null || outgoing.againMs > tickMs) continue
        const again = { ...outgoing, againMs: null }
        this.#replace(action, outgoing, [again])
        this.#again.delete(action)
        this.#deps.onEffect(effectOf(action, again))
      }
    }
  }

  #replace(action: Action, outgoing: Outgoing, by: readonly Outgoing[]): void {
    this.#deps.touch(action)
    action.outgoing = action.outgoing.flatMap((known) => (known === outgoing ? by : [known]))
  }
}
