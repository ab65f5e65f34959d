import type { TruncatedRecord } from '../ingest/transport.ts'

/**
 * Everything that can influence a result is an entry of the log. `DESIGN.md` §4 and
 * `docs/decisions/0001-time-identity-and-replay.md` say why.
 */
export type LogEntry = BatchEntry | TickEntry | MarkEntry | ActivationEntry | CommandEntry | ReceiptEntry

/** A body of raw records with its source coordinates, or one part of it. See `RecordBatch` for the fields' meaning. */
export interface BatchEntry {
  readonly kind: 'batch'
  readonly realm: string
  readonly source: string
  readonly format: string
  readonly transport: string
  readonly identity: 'batch' | 'position' | 'offset'
  readonly batchId: string
  readonly baseOffset: number
  /** Ordinal of the first record of this part within the whole body. */
  readonly firstOrdinal: number
  readonly records: number
  /** 0-based part of `parts`; the parts of one body are applied together, when the last one is read. */
  readonly part: number
  readonly parts: number
  readonly isBackfill: boolean
  readonly receivedMs: number
  /** Set where the one record of this part was too large: `body` is its beginning only, and it is a dead letter. */
  readonly truncated?: TruncatedRecord
  readonly body: Uint8Array
}

/** Time. The analyser has no other clock. */
export interface TickEntry {
  readonly kind: 'tick'
  readonly timeMs: number
}

/** The end of a store batch: what the entries up to here yielded is inserted together. */
export interface MarkEntry {
  readonly kind: 'mark'
}

/** A set that the analyser works by from here on: rules, policy, time settings. Content in the entry, keys by id. */
export interface ActivationEntry {
  readonly kind: 'activation'
  readonly content: Activation
}

export interface Activation {
  /** Version of the code that wrote the log from here on; older code stops at it. */
  readonly codeVersion: number
  readonly latenessMs: number
  readonly sourceSilentMs: number
  readonly sessionIdleMs: number
  readonly callsLiveMax: number
  readonly response: 'dry-run' | 'enforce'
  /** What findings bring about, and what holds rules back from acting. Entries of older versions have neither. */
  readonly policy?: ActivePolicy
  readonly responseLimits?: {
    /** Ids and addresses of agents, users and service accounts that nothing is revoked for. */
    readonly neverRevoke: readonly string[]
    readonly revocationsPerMinuteMax: number
    readonly revocationsPerHourMax: number
    readonly revokedPercentMax: number
    readonly pagesPerHourMax: number
  }
  readonly tokenKeyId: string
  /** Agents by what authenticated layers call them, and clients whose MCP sessions are of one call each. */
  readonly agents: readonly { readonly id: string; readonly name: string; readonly identities: readonly string[] }[]
  readonly sessionPerCallClients: readonly string[]
  /** The rule files as they are: what they find is a function of the log. */
  readonly rules: readonly { readonly name: string; readonly text: string }[]
}

type Level = 'info' | 'low' | 'medium' | 'high' | 'critical'
type Kind = 'flag' | 'page' | 'hold' | 'revoke'

/** See `Policy` of the response, which it is. */
export interface ActivePolicy {
  readonly levers: readonly {
    readonly name: string
    readonly scopes: readonly ('mcp' | 'explicit' | 'login' | 'credential' | 'agent' | 'user' | 'tool')[]
    readonly isReversible: boolean
    readonly canPreview: boolean
    readonly delayMs: number
  }[]
  readonly pages: readonly { readonly name: string; readonly severityMin: Level }[]
  readonly severityMin: Readonly<Record<Kind, Level>>
  readonly confidenceMilliMin: number
  readonly ttlMs: Readonly<Record<'page' | 'hold' | 'revoke', number>>
  readonly quietMs: number
  readonly only: readonly string[]
  readonly rules: readonly { readonly id: string; readonly response: readonly Kind[] }[]
}

/** What an operator asked for. A command that comes again under its id changes nothing. */
export interface CommandEntry {
  readonly kind: 'command'
  readonly commandId: string
  readonly realm: string
  readonly by: string
  /** When it was accepted: ticks are a second apart. */
  readonly timeMs: number
  readonly command: Command
}

export type Command = TriageCommand | RespondCommand | PauseCommand | HoldCommand | ReadCommand

interface TriageCommand {
  readonly type: 'triage'
  readonly findingId: string
  readonly status: string
  readonly note: string
  /** The finding's row as the store had it: the analyser may have let go of it. */
  readonly stored?: object
}

interface RespondCommand {
  readonly type: 'flag' | 'revoke' | 'restore'
  /** `session:<id>`, `agent:<id>`, …, as in an action. */
  readonly target: string
  readonly reason: string
  /** null = what is usual for the kind. */
  readonly ttlMs: number | null
  readonly isDryRun: boolean
}

/** The panic switch of a realm. */
interface PauseCommand {
  readonly type: 'pause' | 'resume'
  readonly reason: string
}

/** Whether retention leaves a session. Only the store's record of it counts. */
interface HoldCommand {
  readonly type: 'legalHold' | 'legalRelease'
  /** `session:<id>` */
  readonly target: string
  readonly reason: string
}

/** Somebody read audit data. It changes nothing but the record of who read what. */
interface ReadCommand {
  readonly type: 'read'
  readonly reads: readonly {
    readonly timeMs: number
    /** As in the API's description: `GET /api/v1/sessions/{id}`. */
    readonly endpoint: string
    /** The id that was asked for; `''` for a list. */
    readonly target: string
    readonly query: string
    /** How often the same was asked since the record before. */
    readonly times: number
  }[]
}

/** What became of an effect: the dispatcher's `requested`, then the lever's answer; `evidenced` once its evidence is stored. */
export interface ReceiptEntry {
  readonly kind: 'receipt'
  readonly realm: string
  readonly actionId: string
  /** Idempotency key of the effect that this answers. */
  readonly effectKey: string
  readonly state: 'requested' | 'accepted' | 'enforced' | 'failed' | 'evidenced'
  readonly detail: string
  readonly ownerId: string
  /** When it happened; entries of older versions have the tick's time. */
  readonly timeMs?: number
}
