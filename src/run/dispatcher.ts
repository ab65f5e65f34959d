import type { ReceiptEntry } from '../log/entry.ts'
import type { Log } from '../log/log.ts'
import type { Effect } from '../respond/action.ts'
import { isRevoking } from '../respond/action.ts'
import type { Lever, LeverAnswer } from '../respond/lever.ts'

export interface DispatcherDeps {
  readonly log: Log
  /** What revokes; in this version the decision service alone. */
  readonly lever: Lever
  /** Names this process in its receipts, so that one of several owners knows its own. */
  readonly ownerId: string
  readonly now: () => number
  readonly onFailure: (error: unknown) => void
}

/**
 * Carries out effects and brings the answers back into the log. `requested` is durable before anything is done; an
 * effect that comes again after a replay has its receipts already, or is done again under the same key.
 */
export class Dispatcher {
  readonly #deps: DispatcherDeps
  readonly #underWay = new Set<string>()
  #tail: Promise<void> = Promise.resolve()

  constructor(deps: DispatcherDeps) {
    this.#deps = deps
  }

  /** In the order of calls: what is lifted is lifted after it was applied. */
  dispatch(effects: readonly Effect[]): Promise<void> {
    const fresh = effects.filter((effect) => !this.#underWay.has(effect.key))
    for (const effect of fresh) this.#underWay.add(effect.key)
    this.#tail = this.#tail.then(() => this.#carryOut(fresh)).catch(this.#deps.onFailure)
    return this.#tail
  }

  async evidenced(actions: readonly { readonly realm: string; readonly actionId: string }[]): Promise<void> {
    const { ownerId, log, onFailure } = this.#deps
    const common = { kind: 'receipt', effectKey: '', state: 'evidenced', ownerId } as const
    const detail = 'the evidence is in the store'
    await log
      .append(actions.map(({ realm, actionId }) => ({ ...common, realm, actionId, detail, timeMs: this.#deps.now() })))
      .catch(onFailure)
  }

  async #carryOut(effects: readonly Effect[]): Promise<void> {
    const applied = effects.filter(({ operation }) => operation === 'apply')
    if (applied.length > 0) {
      await this.#deps.log.append(applied.map((effect) => this.#receipt(effect, { state: 'requested', detail: '' })))
    }
    const receipts: ReceiptEntry[] = []
    for (const effect of effects) {
      const answer = await this.#answerTo(effect)
      if (answer !== null) receipts.push(this.#receipt(effect, answer))
    }
    if (receipts.length > 0) await this.#deps.log.append(receipts)
    for (const effect of effects) this.#underWay.delete(effect.key)
  }

  async #answerTo(effect: Effect): Promise<LeverAnswer | null> {
    if (effect.operation === 'lift') {
      await this.#deps.lever.lift(effect)
      return null
    }
    if (isRevoking(effect.kind)) return this.#deps.lever.apply(effect)
    // A flag is a state of the session, kept by the analyser itself: reading `enforced` sets it.
    return { state: 'enforced', detail: 'the session carries the flag' }
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
