import type { InventoryFilter, InventoryKind, InventoryShape } from './inventory-shape.ts'
import type { SearchKind, SearchNode } from './search/search-node.ts'

/**
 * What the API and the console read. Implemented over ClickHouse by `src/store/readers`, by a fake in unit tests.
 * All answers are shapes of `INTERFACE.md` (camelCase, RFC 3339 times with microseconds in UTC, unknown is null or '').
 */
export interface Page<T> {
  readonly items: readonly T[]
  /** Opaque; null at the end. */
  readonly nextCursor: string | null
}

export interface PageRequest {
  /** 1–1000. */
  readonly limit: number
  readonly cursor: string | null
}

export interface LayerShape {
  readonly layer: string
  readonly product: string
  readonly decision: string
  readonly basis: string
  readonly source: string
  readonly reasons: readonly string[]
  readonly policyId: string
  readonly eventId: string
}

export interface CallShape {
  readonly id: string
  readonly time: string
  readonly durationMs: number | null
  readonly sessionId: string
  readonly agent: { readonly id: string; readonly name: string; readonly basis: string }
  readonly user: { readonly id: string; readonly email: string }
  readonly client: {
    readonly name: string
    readonly version: string
    readonly address: string
    readonly userAgent: string
  }
  readonly server: string
  readonly method: string
  readonly tool: string
  readonly toolExposed: string
  readonly resource: string
  readonly decision: string
  readonly decisionBasis: string
  readonly decisionSource: string
  readonly layers: readonly LayerShape[]
  readonly outcome: string
  readonly httpStatus: number | null
  readonly errorType: string
  readonly httpRequestId: string
  readonly jsonrpcId: string
  readonly traceId: string
  readonly disagreements: readonly string[]
  readonly findings: readonly string[]
}

export interface SessionShape {
  readonly id: string
  readonly aliases: readonly string[]
  readonly explicitId: string
  readonly agent: CallShape['agent']
  readonly user: CallShape['user']
  readonly client: CallShape['client']
  readonly start: string
  readonly end: string
  readonly calls: number
  readonly denies: number
  readonly tools: readonly string[]
  readonly servers: readonly string[]
  readonly basis: string
  /** 0–1. */
  readonly confidence: number
  readonly risk: number
  readonly status: string
  readonly findings: readonly string[]
}

export interface FindingShape {
  readonly id: string
  readonly incidentId: string
  readonly ruleId: string
  readonly ruleTitle: string
  readonly severity: string
  readonly time: string
  readonly state: string
  readonly sessionId: string
  readonly session: { readonly explicitId: string; readonly agent: string; readonly user: string }
  readonly calls: readonly string[]
  readonly explanation: { readonly text: string; readonly thresholds: object; readonly observed: object }
  readonly shadow: boolean
  readonly status: string
  readonly note: string
  readonly actions: readonly string[]
}

export interface ActionShape {
  readonly id: string
  readonly incidentId: string
  readonly findingId: string
  readonly kind: string
  readonly target: string
  readonly lever: string
  readonly state: string
  readonly reason: string
  readonly by: string
  readonly expiresAt: string | null
  readonly evidencePending: boolean
  readonly transitions: readonly { readonly state: string; readonly time: string; readonly detail: string }[]
  /** Milliseconds from `proposed` to each of these states; null = it was not reached. */
  readonly msTo: Readonly<Record<'requested' | 'accepted' | 'enforced' | 'verified', number | null>>
}

/** An event row: the columns of the events table in camelCase, plus `attributes`; payload fields only where asked for. */
export type EventShape = Readonly<Record<string, unknown>> & { readonly eventId: string; readonly time: string }

export interface PayloadShape {
  readonly eventId: string
  /** The record, redacted. */
  readonly raw: string
  readonly arguments: string
  readonly result: string
}

export interface DeadLetterShape {
  readonly recordId: string
  readonly time: string
  readonly source: string
  readonly format: string
  readonly sourcePosition: number
  readonly reason: string
  readonly raw: string
  readonly rawBytes: number
}

/** What somebody asked of the server; a read's detail names endpoint, query and how often. */
export interface CommandShape {
  readonly id: string
  readonly time: string
  readonly by: string
  readonly type: string
  readonly target: string
  readonly detail: Readonly<Record<string, unknown>>
}

export interface TimeRange {
  /** RFC 3339; `''` = the last 30 days / now. */
  readonly from: string
  readonly to: string
}

export interface SessionFilter extends TimeRange {
  readonly agent?: string
  readonly user?: string
  readonly status?: string
  readonly minRisk?: number
  readonly tool?: string
  readonly server?: string
  readonly decision?: string
  readonly explicitId?: string
}

export interface CallFilter extends TimeRange {
  readonly session?: string
  readonly agent?: string
  readonly user?: string
  readonly tool?: string
  readonly server?: string
  readonly decision?: string
}

export interface FindingFilter extends TimeRange {
  readonly rule?: string
  readonly severity?: string
  readonly state?: string
  readonly status?: string
  readonly incident?: string
  readonly session?: string
  readonly agent?: string
  readonly shadow?: boolean
}

export interface Search extends TimeRange {
  readonly node: SearchNode
  readonly kinds: readonly SearchKind[]
}

/** One thing found: its kind, when it was, and itself. */
export type SearchHit = { readonly id: string; readonly time: string } & (
  | { readonly kind: 'call'; readonly item: CallShape }
  | { readonly kind: 'session'; readonly item: SessionShape }
  | { readonly kind: 'finding'; readonly item: FindingShape }
)

/** Every method may reject with `AGT_STORE_UNAVAILABLE`; lists are newest first, the timeline oldest first. */
export interface ReadModel {
  readonly sessions: (realm: string, filter: SessionFilter, page: PageRequest) => Promise<Page<SessionShape>>
  /** By id or alias; null if there is none. */
  readonly session: (realm: string, id: string) => Promise<SessionShape | null>
  readonly timeline: (realm: string, sessionId: string, page: PageRequest) => Promise<Page<CallShape>>
  readonly calls: (realm: string, filter: CallFilter, page: PageRequest) => Promise<Page<CallShape>>
  /** By id or alias, with the ids of its events in `layers`. */
  readonly call: (realm: string, id: string) => Promise<CallShape | null>
  readonly events: (
    realm: string,
    filter: TimeRange & { readonly kind?: string; readonly call?: string },
    page: PageRequest,
  ) => Promise<Page<EventShape>>
  readonly event: (realm: string, id: string) => Promise<EventShape | null>
  /** What is kept of an event's record apart from it, for a shorter time; null if there is none (any more). */
  readonly payload: (realm: string, eventId: string) => Promise<PayloadShape | null>
  readonly findings: (realm: string, filter: FindingFilter, page: PageRequest) => Promise<Page<FindingShape>>
  readonly finding: (realm: string, id: string) => Promise<FindingShape | null>
  readonly actions: (
    realm: string,
    filter: { readonly finding?: string; readonly incident?: string; readonly target?: string },
    page: PageRequest,
  ) => Promise<Page<ActionShape>>
  readonly action: (realm: string, id: string) => Promise<ActionShape | null>
  readonly commands: (
    realm: string,
    filter: TimeRange & { readonly by?: string; readonly type?: string; readonly target?: string },
    page: PageRequest,
  ) => Promise<Page<CommandShape>>
  /** Calls, sessions and findings among each other, newest first. */
  readonly search: (realm: string, search: Search, page: PageRequest) => Promise<Page<SearchHit>>
  readonly inventory: (
    realm: string,
    kind: InventoryKind,
    filter: TimeRange & InventoryFilter,
    page: PageRequest,
  ) => Promise<Page<InventoryShape>>
  readonly deadLetters: (realm: string, range: TimeRange, page: PageRequest) => Promise<Page<DeadLetterShape>>
}

/** How the pipeline is doing, without asking the store. */
export interface PipelineStatus {
  readonly records: Readonly<Record<string, Readonly<Record<'stored' | 'ignored' | 'duplicate' | 'rejected', number>>>>
  readonly partitions: readonly {
    readonly partition: number
    readonly logEnd: number
    readonly analysed: number
    readonly storedThrough: number
    readonly lagRecords: number
    readonly lagSeconds: number
  }[]
  readonly log: { readonly usedBytes: number; readonly bytesMax: number; readonly acceptsRecords: boolean }
  readonly store: {
    readonly kind: 'embedded' | 'server'
    readonly state: 'up' | 'down' | 'starting'
    readonly restarts: number
  }
  /** Of the store's disk, as the last round of retention saw it. */
  readonly space: {
    readonly usedBytes: number
    readonly budgetBytes: number
    /** Above the budget with no payloads left to remove. */
    readonly isOverBudget: boolean
    /** What retention removed since the start, by reason: `age`, `disk`. */
    readonly removedBytes: Readonly<Record<string, number>>
  }
  readonly analyser: {
    readonly watermark: string | null
    readonly callsLive: number
    readonly sessionsLive: number
    readonly lateEvents: number
    /** How often each bound on what is in memory was reached. */
    readonly limitsReached: Readonly<Record<string, number>>
    readonly lastSnapshotPosition: number
    /** Longest stop of the analyser for a snapshot: to begin it, for a step of it, or to end it. */
    readonly snapshotPauseMs: number
    /** CPU time of the analyser's thread since the start, by stage. */
    readonly stageSeconds: Readonly<Record<string, number>>
  }
  readonly version: string
  readonly uptimeSeconds: number
}
