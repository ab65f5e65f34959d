import type { ReceiptEntry } from '../log/entry.ts'
import type { Log } from '../log/log.ts'
import type { Effect } from '../respond/actions.ts'

export interface DispatcherDeps {
  readonly log: Log
  /** Names this process in its receipts, so that one of several owners knows its own. */
  readonly ownerId: string
  readonly onFailure: (error: unknown) => void
}

/**
 * Carries out effects and brings the answers back into the log. `requested` is durable before anything is done; an
 * effect that comes again after a replay has its receipts already, or is done again under the same key.
 */
export class Dispatcher {
  readonly #deps: DispatcherDeps
  readonly #underWay = new Set<string>()

  constructor(deps: DispatcherDeps) {
    this.#deps = deps
  }

  async dispatch(effects: readonly Effect[]): Promise<void> {
    const fresh = effects.filter((effect) => !this.#underWay.has(effect.key))
    if (fresh.length === 0) return
    for (const effect of fresh) this.#underWay.add(effect.key)
    await this.#append(fresh.map((effect) => this.#receipt(effect, 'requested', '')))
    // A flag is a state of the session, kept by the analyser itself: reading `enforced` sets it.
    await this.#append(fresh.map((effect) => this.#receipt(effect, 'enforced', 'the session carries the flag')))
    for (const effect of fresh) this.#underWay.delete(effect.key)
  }

  async evidenced(actions: readonly { readonly realm: string; readonly actionId: string }[]): Promise<void> {
    await this.#append(
      actions.map(({ realm, actionId }) => ({
        kind: 'receipt',
        realm,
        actionId,
        effectKey: '',
        state: 'evidenced',
        detail: 'the evidence is in the store',
        ownerId: this.#deps.ownerId,
      })),
    )
  }

  #receipt(effect: Effect, state: 'requested' | 'enforced', detail: string): ReceiptEntry {
    const { ownerId } = this.#deps
    return {
      kind: 'receipt',
      realm: effect.realm,
      actionId: effect.actionId,
      effectKey: effect.key,
      state,
      detail,
      ownerId,
    }
  }

  async #append(entries: readonly ReceiptEntry[]): Promise<void> {
    await this.#deps.log.append(entries).catch(this.#deps.onFailure)
  }
}
