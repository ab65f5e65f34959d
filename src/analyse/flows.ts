import { type Call, earliestOf } from '../correlate/call.ts'
import { contentOf, isSameAssessment } from '../correlate/call-content.ts'
import { EntityTable } from '../correlate/entity-table.ts'
import { compareViews } from '../correlate/order.ts'
import type { Assessment } from '../correlate/rows.ts'
import { AgentPlaces, copyPlaces, type Places } from '../detect/flow/agent-places.ts'
import { followCall, noFlow } from '../detect/flow/assess-flow.ts'
import { copySessionFlow, createSessionFlow, type SessionFlow } from '../detect/flow/session-flow.ts'
import { ToolClasses } from '../detect/tools/tool-classes.ts'
import type { Content } from '../event/features/content.ts'

/** 16 KB each at most. Beyond, the ones that saw nothing for longest are forgotten. */
const sessionsMax = 20_000
/** What a session heard is remembered this long after its last call. */
const keepUs = 24 * 3600 * 1_000_000

/** The calls of a session that carry contents and can still change, and what the session heard up to the last of them. */
interface LiveSession {
  /** In the order of calls. */
  readonly calls: Call[]
  /** The first so many were followed, and `heard` is what the session heard with them; null: begin anew. */
  followed: number
  heard: SessionFlow | null
}

/** How a live call is followed. */
interface Followed {
  /** The session. */
  readonly id: string
  readonly timeUs: number
  readonly tool: string
  readonly content: Content
}

export interface FlowsDeps {
  /** A call is assessed otherwise than before. It is told before the call changes, so that a snapshot has it as it was. */
  readonly onAssess: (call: Call) => void
}

/**
 * Assesses calls: what kind of tool they are of, and how their arguments stand to what their session heard before. Live
 * calls at once, and once more, for good, when they become final, in their order.
 */
export class Flows {
  readonly sessions = new EntityTable<SessionFlow>('sessionFlows', copySessionFlow)
  readonly places = new EntityTable<Places>('agentPlaces', copyPlaces)
  /** Sessions that were forgotten because there were too many. */
  forgotten = 0

  readonly #deps: FlowsDeps
  readonly #usual = new AgentPlaces(this.places)
  readonly #live = new Map<string, LiveSession>()
  /** In which session a live call is followed. */
  readonly #sessionOf = new Map<Call, Followed>()
  readonly #changed = new Set<string>()
  #tools = new ToolClasses([])

  constructor(deps: FlowsDeps) {
    this.#deps = deps
  }

  /** Reads tools by this map from here on; calls that are final keep what they were. */
  use(tools: ToolClasses): void {
    this.#tools = tools
    for (const [id, session] of this.#live) this.#restart(id, session)
  }

  /** A live call is new or says something else. */
  onCall(call: Call): void {
    const before = this.#sessionOf.get(call)
    const content = contentOf(call.views)
    if (before !== undefined && isSamePlace(before, call, content)) return
    if (content === null) {
      if (before !== undefined) this.onGone(call)
      this.#set(call, { ...noFlow, toolClasses: this.#tools.of(call.tool).classes })
      return
    }
    if (before !== undefined) this.onGone(call)
    this.#sessionOf.set(call, { id: call.sessionId, timeUs: call.timeUs, tool: call.tool, content })
    const session = this.#live.get(call.sessionId) ?? { calls: [], followed: 0, heard: null }
    this.#live.set(call.sessionId, session)
    const at = placeIn(session.calls, call)
    session.calls.splice(at, 0, call)
    if (at < session.followed) this.#restart(call.sessionId, session)
    this.#changed.add(call.sessionId)
  }

  onGone(call: Call): void {
    const id = this.#sessionOf.get(call)?.id
    if (id === undefined) return
    this.#sessionOf.delete(call)
    const session = this.#live.get(id)
    if (session === undefined) return
    const at = session.calls.indexOf(call)
    session.calls.splice(at, 1)
    if (at < session.followed) this.#restart(id, session)
    if (session.calls.length === 0) this.#live.delete(id)
  }

  /** Follows what changed since. */
  settle(): void {
    for (const id of this.#changed) {
      const session = this.#live.get(id)
      if (session === undefined) continue
      session.heard ??= copySessionFlow(this.sessions.get(id) ?? createSessionFlow())
      for (; session.followed < session.calls.length; session.followed += 1) {
        const call = session.calls[session.followed] as Call
        this.#set(call, this.#follow(session.heard, call))
      }
    }
    this.#changed.clear()
  }

  /** A call can change no more; told in the order of calls. */
  onFinal(call: Call): void {
    const id = this.#sessionOf.get(call)?.id
    const session = this.#live.get(id ?? '')
    if (id === undefined || session === undefined) return
    const heard = this.sessions.get(id) ?? this.sessions.add(id, createSessionFlow())
    this.sessions.touch(id, heard)
    // Of calls of one time some come before it that are told of after it; they can change no more either.
    const count = session.calls.indexOf(call) + 1
    for (const each of session.calls.splice(0, count)) {
      const assessment = this.#follow(heard, each)
      this.#set(each, assessment)
      this.#usual.learn(each, { assessment, content: contentOf(each.views) })
      this.#sessionOf.delete(each)
    }
    if (session.followed < count) session.heard = null
    session.followed = Math.max(0, session.followed - count)
    if (session.calls.length === 0) this.#live.delete(id)
    else if (session.heard === null) this.#restart(id, session)
  }

  /** A live call of a snapshot takes its place again. */
  adopt(call: Call): void {
    if (contentOf(call.views) !== null) this.onCall(call)
  }

  expire(finalThroughUs: number): void {
    for (const [id, session] of this.sessions.entries()) {
      if (session.lastUs + keepUs < finalThroughUs && !this.#live.has(id)) this.sessions.delete(id)
    }
    this.#usual.expire(finalThroughUs)
    if (this.sessions.size <= sessionsMax) return
    const idle = [...this.sessions.entries()]
      .filter(([id]) => !this.#live.has(id))
      .sort(([a, { lastUs: aUs }], [b, { lastUs: bUs }]) => aUs - bUs || (a < b ? -1 : 1))
    for (const [id] of idle.slice(0, this.sessions.size - sessionsMax)) {
      this.sessions.delete(id)
      this.forgotten += 1
    }
  }

  #restart(id: string, session: LiveSession): void {
    session.followed = 0
    session.heard = null
    this.#changed.add(id)
  }

  #follow(heard: SessionFlow, call: Call): Assessment {
    const tool = this.#tools.of(call.tool)
    const content = contentOf(call.views)
    if (content === null) return { ...noFlow, toolClasses: tool.classes }
    const isUsual = this.#usual.of(call)
    const flow = followCall(heard, { id: call.id, timeUs: call.timeUs, tool, content, isUsual })
    return { ...flow, toolClasses: tool.classes }
  }

  #set(call: Call, assessment: Assessment): void {
    if (isSameAssessment(call.assessment, assessment)) return
    this.#deps.onAssess(call)
    call.assessment = assessment
  }
}

const isSamePlace = ({ id, timeUs, tool, content }: Followed, call: Call, now: Content | null): boolean =>
  id === call.sessionId &&
  timeUs === call.timeUs &&
  tool === call.tool &&
  content.arguments === now?.arguments &&
  content.result === now?.result &&
  content.user === now?.user

/** Where a call stands among calls in their order: source position parts those of one time. */
const placeIn = (calls: readonly Call[], call: Call): number => {
  let at = calls.length
  while (at > 0 && compare(calls[at - 1] as Call, call) > 0) at -= 1
  return at
}

const compare = (a: Call, b: Call): number =>
  a.timeUs - b.timeUs || compareViews(earliestOf(a.views), earliestOf(b.views))
