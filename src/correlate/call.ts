import type { Decision } from '../event/event.ts'
import { type Entity, fresh } from './entity-table.ts'
import { noRung, type Rung } from './ladder.ts'
import { compareViews } from './order.ts'
import type { Assessment, Subject } from './rows.ts'
import { type Actor, noActor, type Pattern, type View } from './view.ts'

export type Agent = Pick<Subject, 'agentId' | 'agentName' | 'agentBasis'>

export const noAgent: Agent = { agentId: '', agentName: '', agentBasis: '' }

/** What correlation needs to know of a call at any time; the rest of its row follows from its views. */
export interface CallFacts {
  /** All of the call's views, outermost first. Never changed in place. */
  readonly views: readonly View[]
  readonly actor: Actor
  readonly timeUs: number
  readonly method: string
  readonly tool: string
  readonly server: string
  readonly decision: Decision
  readonly agent: Agent
  readonly rung: Rung
}

/**
 * The views that belong together, while the analyser still works on them. Plain data: a snapshot holds it. Not all of
 * them are calls: an access line may be of any web page until the line beside it says what it was.
 */
export interface Call extends Entity, Mutable<CallFacts> {
  /** The id of its earliest event. */
  readonly id: string
  readonly realm: string
  isCall: boolean
  /** `''` until placed, and for orphans. */
  sessionId: string
  /** Tick at which it was first known to be a call. */
  firstSeenMs: number
  /** No event within the lateness bound can change it any more. */
  isFinal: boolean
  isOrphan: boolean
  isLateChanged: boolean
  /** What usual layers that did not see it tell, once it is final. */
  absences: readonly string[]
  /** What the analyser made of it last. Replaced, never changed in place. */
  assessment: Assessment
  /** What the store has; null before the first write. */
  written: WrittenCall | null
}

/** What a row was made from: enough to make it again when it is taken back. */
export interface WrittenCall {
  readonly views: readonly View[]
  readonly actor: Actor
  readonly agent: Agent
  readonly sessionId: string
  readonly isOrphan: boolean
  readonly isLateChanged: boolean
  readonly absences: readonly string[]
  readonly assessment: Assessment
  readonly firstWrittenMs: number
  readonly version: number
}

const noAbsences: readonly string[] = []

/** Nothing is known beside what the layers say. */
export const noAssessment: Assessment = { toolClasses: [], flow: [], flowPercent: 0, flowFrom: [] }

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** A call of these views, which nobody has looked at: all that is known of it is where it would be found. */
export const createCall = (
  id: string,
  views: readonly View[],
  { realm, tickMs }: { readonly realm: string; readonly tickMs: number },
): Call => ({
  ...fresh,
  id,
  realm,
  views,
  actor: noActor,
  timeUs: startOf(views),
  method: '',
  tool: '',
  server: '',
  decision: 'not_evaluated',
  agent: noAgent,
  rung: noRung,
  isCall: false,
  sessionId: '',
  firstSeenMs: tickMs,
  isFinal: false,
  isOrphan: false,
  isLateChanged: false,
  absences: noAbsences,
  assessment: noAssessment,
  written: null,
})

/** The call says what its views say now. */
export const setFacts = (call: Call, facts: CallFacts): void => {
  call.views = facts.views
  call.actor = facts.actor
  call.timeUs = facts.timeUs
  call.method = facts.method
  call.tool = facts.tool
  call.server = facts.server
  call.decision = facts.decision
  call.agent = facts.agent
  call.rung = facts.rung
}

/** An event's id names its call: whatever merge or split follows, one of the call's ids or aliases is that event. */
export const callIdOf = (views: readonly View[]): string => earliestOf(views).eventId

export const earliestOf = (views: readonly View[]): View => {
  let earliest = views[0] as View
  for (let at = 1; at < views.length; at += 1) {
    const view = views[at] as View
    if (compareViews(view, earliest) < 0) earliest = view
  }
  return earliest
}

/** The start by the clock that tells most apart; of equals the outermost. */
export const startOf = (views: readonly View[]): number => {
  let best = views[0] as View
  for (let at = 1; at < views.length; at += 1) {
    const view = views[at] as View
    if (view.pattern.timePrecisionUs < best.pattern.timePrecisionUs) best = view
  }
  return best.timeUs
}

/** A deny at any layer wins; of equal decisions an explicit one says how it is known. */
const restriction: Readonly<Record<Decision, number>> = {
  deny: 5,
  escalate: 4,
  modify: 3,
  allow: 2,
  indeterminate: 1,
  not_evaluated: 0,
}

/** The pattern with the decision that counts; null if no layer decided. */
export const decidedBy = (views: readonly View[]): Pattern | null => {
  let best: Pattern | null = null
  let bestRank = -1
  for (const { pattern } of views) {
    if (pattern.decision === 'not_evaluated') continue
    const rank = restriction[pattern.decision] * 2 + (pattern.decisionBasis === 'explicit' ? 1 : 0)
    if (rank <= bestRank) continue
    best = pattern
    bestRank = rank
  }
  return best
}

export const serverOf = (view: View): string => view.pattern.server
export const methodOf = (view: View): string => view.pattern.method

/** The shortest name: a gateway puts its server's in front of it. */
export const bareToolOf = (views: readonly View[]): string => {
  let bare = ''
  for (const { pattern } of views) {
    if (pattern.tool !== '' && (bare === '' || pattern.tool.length < bare.length)) bare = pattern.tool
  }
  return bare
}

/** The name that the client used, where a layer states it or uses a longer one than another. */
export const exposedToolOf = (views: readonly View[]): string => {
  let exposed = ''
  for (const { pattern } of views) {
    if (pattern.toolExposed !== '') return pattern.toolExposed
    if (pattern.tool.length > exposed.length) exposed = pattern.tool
  }
  return exposed === bareToolOf(views) ? '' : exposed
}

/** What the first view that knows it says, outermost first. */
export const firstText = (views: readonly View[], of: (view: View) => string): string => {
  for (const view of views) {
    const value = of(view)
    if (value !== '') return value
  }
  return ''
}

/**
 * Whether these views are of an MCP request at all: an access line alone may be of any web page. A refused request whose
 * content the proxy did not read is one if it was answered with 401: for a web page Pomerium answers 302, 403 or 404.
 */
export const isMcpCall = (views: readonly View[]): boolean => {
  let isRefused = false
  let isUnauthorized = false
  for (const { pattern } of views) {
    if (pattern.kind === 'decision' || pattern.kind === 'request' || isMcpSpan(pattern)) return true
    if (isRefusedPage(pattern)) isRefused = true
    else if (pattern.kind === 'access' && pattern.httpStatus === 401) isUnauthorized = true
  }
  return isRefused && isUnauthorized
}

/** A proxy's span of an HTTP request names no method, and is of an MCP request only if something else of it says so. */
const isMcpSpan = ({ kind, layer, method }: Pattern): boolean => kind === 'span' && (layer !== 'proxy' || method !== '')

/** A page that the proxy refused. What it is of shows in the answer. */
export const isRefusedPage = (of: Pick<Pattern, 'kind' | 'decision'>): boolean =>
  of.kind === 'web' && (of.decision === 'deny' || of.decision === 'escalate')

/** Whether the layers that a call usually has are in: both lines of a proxy, or one view of a gateway without one. */
export const isComplete = (views: readonly View[]): boolean => {
  let hasProxyDecision = false
  let hasAccess = false
  let hasInner = false
  for (const { pattern } of views) {
    if (pattern.layer !== 'proxy') hasInner = true
    else if (pattern.kind === 'decision' || pattern.kind === 'web') hasProxyDecision = true
    if (pattern.kind === 'access') hasAccess = true
  }
  return hasProxyDecision ? hasAccess : hasInner
}
