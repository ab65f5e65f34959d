import type { Call } from './call.ts'
import { type Entity, EntityTable, fresh } from './entity-table.ts'
import { compareCalls } from './order.ts'
import type { Session } from './session.ts'

/** Where the final calls of a key ended. */
interface IdleTail extends Entity {
  lastUs: number
  sessionId: string
}

export interface IdleRunsDeps {
  readonly sessionOf: (sessionId: string) => Session | undefined
  readonly create: (call: Call, tickMs: number) => Session
  /** Makes the call one of the session's, whatever session it was of before. */
  readonly assign: (call: Call, session: Session, tickMs: number) => void
}

/**
 * Cuts the calls whose key names a user or login rather than a session: where a key is silent for longer than the idle
 * time a run of calls ends, and each run is a session.
 */
export class IdleRuns {
  readonly tails = new EntityTable<IdleTail>('idleTails')
  idleUs = 30 * 60_000_000

  readonly #deps: IdleRunsDeps
  /** The live calls of each key, in order. */
  readonly #calls = new Map<string, Call[]>()
  /** Keys to cut anew, from which time on. */
  readonly #unsettled = new Map<string, number>()

  constructor(deps: IdleRunsDeps) {
    this.#deps = deps
  }

  insert(call: Call): void {
    const calls = this.#calls.get(call.rung.key)
    this.#unsettle(call)
    if (calls === undefined) {
      this.#calls.set(call.rung.key, [call])
      return
    }
    // Nearly always the newest: look from the end.
    let at = calls.length
    while (at > 0) {
      const before = calls[at - 1]
      if (before === call) return
      if (before === undefined || compareCalls(before, call) <= 0) break
      at -= 1
    }
    calls.splice(at, 0, call)
  }

  remove(call: Call): void {
    if (this.#take(call)) this.#unsettle(call)
  }

  /** Cuts the keys whose calls changed. */
  settle(tickMs: number): void {
    for (const [key, fromUs] of this.#unsettled) this.#cut(key, fromUs, tickMs)
    this.#unsettled.clear()
  }

  /** The calls are as they were when they were cut last: a snapshot was loaded. */
  markSettled(): void {
    this.#unsettled.clear()
  }

  /** A call of the session can change no more; later calls of its key continue from it. Called in the order of calls. */
  freeze(call: Call, session: Session): void {
    this.#take(call)
    const tail = this.tails.get(call.rung.key)
    if (tail === undefined) {
      this.tails.add(call.rung.key, { ...fresh, lastUs: call.timeUs, sessionId: session.id })
      return
    }
    this.tails.touch(call.rung.key, tail)
    tail.lastUs = Math.max(tail.lastUs, call.timeUs)
    tail.sessionId = session.id
  }

  /** No call continues the session any more. */
  forget(session: Session): void {
    if (this.tails.get(session.key)?.sessionId === session.id) this.tails.delete(session.key)
  }

  /** Whether the call was there. */
  #take(call: Call): boolean {
    const calls = this.#calls.get(call.rung.key)
    if (calls === undefined) return false
    // Calls become final from the oldest on, and only then are there many to look through.
    if (calls[0] === call) calls.shift()
    else {
      const at = calls.lastIndexOf(call)
      if (at < 0) return false
      calls.splice(at, 1)
    }
    if (calls.length === 0) this.#calls.delete(call.rung.key)
    return true
  }

  #unsettle(call: Call): void {
    const fromUs = this.#unsettled.get(call.rung.key)
    if (fromUs === undefined || call.timeUs < fromUs) this.#unsettled.set(call.rung.key, call.timeUs)
  }

  #cut(key: string, fromUs: number, tickMs: number): void {
    const calls = this.#calls.get(key) ?? []
    const start = lowerBound(calls, fromUs)
    const previous = calls[start - 1]
    const tail = this.tails.get(key)
    let lastUs = previous?.timeUs ?? tail?.lastUs ?? Number.NEGATIVE_INFINITY
    let session = this.#deps.sessionOf(previous?.sessionId ?? tail?.sessionId ?? '') ?? null
    const used = new Set<Session>(session === null ? [] : [session])
    for (let at = start; at < calls.length; at += 1) {
      const call = calls[at]
      if (call === undefined) continue
      if (session === null || call.timeUs - lastUs > this.idleUs) {
        session = this.#sessionOfRun(calls, at, used) ?? this.#deps.create(call, tickMs)
        used.add(session)
      }
      lastUs = call.timeUs
      this.#deps.assign(call, session, tickMs)
    }
  }

  /** The session that the run of calls beginning at `from` already has, if no earlier run keeps it. */
  #sessionOfRun(calls: readonly Call[], from: number, used: ReadonlySet<Session>): Session | null {
    let lastUs = calls[from]?.timeUs ?? 0
    for (let at = from; at < calls.length; at += 1) {
      const call = calls[at]
      if (call === undefined || call.timeUs - lastUs > this.idleUs) return null
      lastUs = call.timeUs
      const session = this.#deps.sessionOf(call.sessionId)
      if (session?.isSplitOnIdle && session.key === call.rung.key && !used.has(session)) return session
    }
    return null
  }
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
