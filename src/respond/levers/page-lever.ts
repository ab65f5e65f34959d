import type { Effect } from '../effect.ts'
import type { Lever, LeverAnswer } from '../lever.ts'
import type { PageContent } from '../page-content.ts'
import { type OutgoingRequest, sendRequest } from './send-request.ts'

/** A page on its way to a target: `effect` for keys, `page` for words. */
export interface OutgoingPage {
  readonly effect: Effect
  readonly page: PageContent
  readonly isResolved: boolean
}

/** A target that takes one request for a page, the same for an update, and one for its end. */
export const createPageLever = (name: string, requestOf: (outgoing: OutgoingPage) => OutgoingRequest): Lever => {
  const send = async (effect: Effect, signal: AbortSignal, isResolved: boolean): Promise<LeverAnswer> => {
    const { page } = effect
    if (page === null) return { state: 'failed', detail: 'there is nothing to say' }
    return sendRequest(requestOf({ effect, page, isResolved }), signal)
  }
  return {
    name,
    apply: (effect, signal) => send(effect, signal, false),
    lift: (effect, signal) => send(effect, signal, true),
  }
}
