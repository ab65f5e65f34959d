import { type Action, isRevoking } from './action.ts'

/** The actions of each incident. Derived from the table of actions. */
export class Incidents {
  readonly #actions = new Map<string, Set<Action>>()

  add(action: Action): void {
    const known = this.#actions.get(action.row.incidentId) ?? new Set()
    this.#actions.set(action.row.incidentId, known.add(action))
  }

  delete(action: Action): void {
    const known = this.#actions.get(action.row.incidentId)
    known?.delete(action)
    if (known?.size === 0) this.#actions.delete(action.row.incidentId)
  }

  /** In the order in which they were proposed. */
  of(incidentId: string): readonly Action[] {
    return [...(this.#actions.get(incidentId) ?? [])]
  }

  /** What was done about an incident, for somebody who was just woken: one line for each action that harms or fails. */
  linesOf(incidentId: string): readonly string[] {
    return this.of(incidentId)
      .filter(({ row }) => isRevoking(row.kind))
      .map(({ row }) => {
        const { state = row.state, detail = '' } = row.transitions.at(-1) ?? {}
        return `${row.kind} of ${row.target} by ${row.lever || 'no lever'}: ${state}${detail === '' ? '' : ` (${detail})`}`
      })
  }
}
