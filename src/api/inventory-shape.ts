export type InventoryKind = 'agent' | 'user' | 'tool' | 'server'

/** Only as calls that meet this show it. */
export interface InventoryFilter {
  readonly agent?: string
  readonly user?: string
  readonly tool?: string
  readonly server?: string
}

/** An agent, a user, a tool or a server, as the calls of a time show it. */
export interface InventoryShape {
  readonly id: string
  readonly name: string
  readonly firstSeen: string
  readonly lastSeen: string
  readonly calls: number
  readonly denies: number
  readonly failures: number
  readonly sessions: number
  /** The user that most of its calls were made for; `''` if none is known. */
  readonly owner: string
  /** The most frequent ones, at most 20. */
  readonly agents: readonly string[]
  readonly users: readonly string[]
  readonly tools: readonly string[]
  readonly servers: readonly string[]
  readonly usual: {
    /** Of days with calls. */
    readonly callsPerDay: number
    /** Calls in each hour of the day, UTC. */
    readonly hours: readonly number[]
    readonly durationP50Ms: number | null
    readonly durationP95Ms: number | null
  }
  /** Findings about it that are neither withdrawn nor judged to be wrong; null where findings do not name its kind. */
  readonly findings: number | null
}
