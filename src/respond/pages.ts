import { type Action, overStates } from './action.ts'
import type { Alarm, Asker } from './asker.ts'
import type { Incidents } from './incidents.ts'
import type { Outbox } from './outbox.ts'
import type { PageContent } from './page-content.ts'

export interface PagesDeps {
  readonly incidents: Incidents
  readonly outbox: Outbox
  readonly touch: (action: Action) => void
}

/** Whoever was called is told what changed at most this often. */
const updateEveryMs = 10_000

/** What pages say. They tell what is done about their incident, and are brought up to date while they are open. */
export class Pages {
  readonly #deps: PagesDeps
  /** Open pages that may have news. Derived. */
  readonly #stale = new Set<Action>()

  constructor(deps: PagesDeps) {
    this.#deps = deps
  }

  /** Completes what was loaded from a snapshot. */
  adopt(action: Action): void {
    if (action.isPageStale) this.#stale.add(action)
  }

  write(action: Action, { alarm, incidentId, findingId, realm }: Asker, tickMs: number): void {
    if (alarm === null) return
    this.#deps.touch(action)
    const response = this.#deps.incidents.linesOf(incidentId)
    const untilMs = action.row.expiresAtMs ?? tickMs
    action.page = { ...alarm, incidentId, findingId, realm, response, severitiesBefore: [], untilMs, ended: '' }
    action.pagedMs = tickMs
  }

  /** What an open page is about has changed. */
  reword(action: Action, alarm: Alarm | null): void {
    // That a revocation does not hold is worse than what led to it: those words stay.
    if (action.page === null || alarm === null || (action.page.state === '' && alarm.state !== '')) return
    const told = [...action.page.severitiesBefore, action.page.severity]
    const severitiesBefore = [...new Set(told)].filter((severity) => severity !== alarm.severity)
    const reworded = { ...action.page, ...alarm, severitiesBefore }
    if (!isNews(action.page, reworded)) return
    this.#deps.touch(action)
    action.page = reworded
    this.#mark(action)
  }

  /** Something was done about an incident. */
  onResponse(incidentId: string): void {
    for (const action of this.#deps.incidents.of(incidentId)) {
      if (action.page !== null && !overStates.has(action.row.state)) this.#mark(action)
    }
  }

  /** Nobody need look any more. */
  close(action: Action, ended: string): void {
    if (action.page === null) return
    this.#deps.touch(action)
    const response = this.#deps.incidents.linesOf(action.row.incidentId)
    action.page = { ...action.page, response, ended }
  }

  onTick(tickMs: number): void {
    for (const action of this.#stale) {
      if (action.pagedMs + updateEveryMs > tickMs) continue
      this.#stale.delete(action)
      this.#deps.touch(action)
      action.isPageStale = false
      if (action.page === null || overStates.has(action.row.state)) continue
      action.page = { ...action.page, response: this.#deps.incidents.linesOf(action.row.incidentId) }
      action.pagedMs = tickMs
      this.#deps.outbox.add(action, 'apply')
    }
  }

  #mark(action: Action): void {
    this.#stale.add(action)
    this.#deps.touch(action)
    action.isPageStale = true
  }
}

/** Whether somebody who read the one would learn something from the other. */
const isNews = (before: PageContent, now: PageContent): boolean =>
  before.severity !== now.severity || before.state !== now.state || before.title !== now.title
