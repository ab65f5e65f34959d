import type { Explanation, Severity } from './rows.ts'

/** What may be done about a finding. */
export type ResponseKind = 'flag' | 'page' | 'hold' | 'revoke'

/** What rules see of a call. */
export interface CallFact {
  readonly id: string
  readonly realm: string
  readonly timeUs: number
  readonly sessionId: string
  readonly agentId: string
  readonly agentName: string
  readonly userId: string
  readonly userEmail: string
  readonly tool: string
  readonly server: string
  readonly decision: string
  /** Claims about the client, for findings about agents that nothing identifies. */
  readonly clientName: string
}

/** A rule that counts calls of one agent and principal within a window. Windows are (t − w, t], equal times as peers. */
export interface CountRule {
  readonly id: string
  readonly title: string
  readonly severity: Severity
  /** Findings of one agent and principal within one bucket of this length are one. */
  readonly timespanUs: number
  /** The condition holds when at least this many selected calls lie within the timespan. */
  readonly countMin: number
  readonly selects: (call: CallFact) => boolean
  readonly explain: (calls: readonly CallFact[]) => Explanation
  readonly response: readonly ResponseKind[]
}
