import type { Call } from './call.ts'
import { lastWordOf } from './links.ts'
import { deleteFrom, setOf } from './set-index.ts'
import type { Pattern, View } from './view.ts'

/**
 * Calls by the ids that their views carry, and live ones by login. Nearly every id is of one call; those of a reused one
 * are in order of time, so a call must be deleted before its time or views change, and added again.
 */
export class CallIndex {
  readonly #calls = new Map<string, Call | Call[]>()
  readonly #byLogin = new Map<string, Set<Call>>()

  /** Whether more than one hop was seen: the lines of one share their request id, and more is not needed. */
  hasSeveralHops = false
  firstHop = ''
  readonly #onSeveralHops: () => Iterable<Call>

  /** `calls` are all that were added, for the moment in which a second hop shows. */
  constructor(calls: () => Iterable<Call>) {
    this.#onSeveralHops = calls
  }

  /** To be told of each view before it is looked for. */
  see({ layer, product }: Pattern): void {
    if (this.hasSeveralHops) return
    const hop = `${layer} ${product}`
    if (this.firstHop === '') this.firstHop = hop
    if (this.firstHop === hop) return
    this.hasSeveralHops = true
    for (const call of this.#onSeveralHops()) this.add(call)
  }

  /** How many ids lead to calls. */
  get size(): number {
    return this.#calls.size
  }

  keysOf(view: View): readonly string[] {
    return keysOf(view, this.hasSeveralHops)
  }

  /** `known` are views of the call that lead to it already. */
  add(call: Call, known: readonly View[] = noViews): void {
    for (const view of call.views) {
      if (!known.includes(view)) for (const key of this.keysOf(view)) this.#add(key, call)
    }
    if (call.actor.authSessionId !== '' && !call.isFinal) setOf(this.#byLogin, call.actor.authSessionId).add(call)
  }

  delete(call: Call): void {
    for (const view of call.views) for (const key of this.keysOf(view)) this.#delete(key, call)
    this.freeze(call)
  }

  /** The call is final: what is learned of its login changes nothing any more. */
  freeze(call: Call): void {
    deleteFrom(this.#byLogin, call.actor.authSessionId, call)
  }

  /** Live calls that name the login session. */
  ofLogin(authSessionId: string): ReadonlySet<Call> {
    return this.#byLogin.get(authSessionId) ?? noCalls
  }

  #add(key: string, call: Call): void {
    const known = this.#calls.get(key)
    if (known === undefined) this.#calls.set(key, call)
    else if (Array.isArray(known)) insert(known, call)
    else if (known !== call) {
      const both = [known]
      insert(both, call)
      this.#calls.set(key, both)
    }
  }

  /** The calls under the key that began within `reachUs` of a time, at most `callsMax` of them. */
  near(key: string, timeUs: number, { reachUs, callsMax }: { reachUs: number; callsMax: number }): readonly Call[] {
    const known = this.#calls.get(key)
    if (known === undefined) return none
    if (!Array.isArray(known)) return Math.abs(known.timeUs - timeUs) <= reachUs ? [known] : none
    const found: Call[] = []
    for (let at = lowerBound(known, timeUs - reachUs); at < known.length && found.length < callsMax; at += 1) {
      const call = known[at]
      if (call === undefined || call.timeUs > timeUs + reachUs) break
      found.push(call)
    }
    return found
  }

  #delete(key: string, call: Call): void {
    const known = this.#calls.get(key)
    if (known === call) this.#calls.delete(key)
    if (!Array.isArray(known)) return
    for (let at = lowerBound(known, call.timeUs); at < known.length; at += 1) {
      if (known[at] !== call) continue
      known.splice(at, 1)
      break
    }
    const [only] = known
    if (known.length === 1 && only !== undefined) this.#calls.set(key, only)
  }
}

const noCalls: ReadonlySet<Call> = new Set()
const none: readonly Call[] = []
const noViews: readonly View[] = []

/**
 * What leads from one view of a call to the others, `DESIGN.md` §6: the HTTP request id; and where several layers are
 * seen, which may not log the same ids, trace, MCP session and principal, each with what was asked for. Links decide
 * whether two views that are found so are of one call.
 */
const keysOf = (view: View, hasSeveralHops: boolean): readonly string[] => {
  const keys = view.httpRequestId === '' ? [] : [view.httpRequestId]
  if (!hasSeveralHops) return keys
  const { method, tool } = view.pattern
  if (method === '') return keys
  const { actor, linkedTraceIds, traceId } = view
  // No request id begins with a zero character. A gateway may show the tool under a longer name.
  const request = `\u0000${method}\u0000${lastWordOf(tool)}`
  if (traceId !== '') keys.push(`\u0000t${traceId}${request}`)
  for (const linked of linkedTraceIds) if (linked !== traceId) keys.push(`\u0000t${linked}${request}`)
  const session = actor.mcpSessionId || actor.explicitSessionId
  if (session !== '') keys.push(`\u0000s${session}${request}`)
  for (const principal of [actor.userEmail, actor.userId, actor.serviceAccountId]) {
    if (principal !== '') keys.push(`\u0000p${principal}${request}`)
  }
  return keys
}

const insert = (calls: Call[], call: Call): void => {
  let at = calls.length
  while (at > 0 && (calls[at - 1]?.timeUs ?? 0) > call.timeUs) at -= 1
  for (let same = at - 1; same >= 0 && calls[same]?.timeUs === call.timeUs; same -= 1) if (calls[same] === call) return
  calls.splice(at, 0, call)
}

/** Index of the first call at or after `timeUs`. */
const lowerBound = (calls: readonly Call[], timeUs: number): number => {
  let low = 0
  let high = calls.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((calls[middle]?.timeUs ?? 0) < timeUs) low = middle + 1
    else high = middle
  }
  return low
}
