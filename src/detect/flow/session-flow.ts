import { type Entity, fresh } from '../../correlate/entity-table.ts'
import type { UserWords } from '../../event/features/content.ts'
import type { Passage } from '../../event/features/passages.ts'

/** A passage of a result and the call whose result it was. */
export interface HeardPassage extends Passage {
  readonly callId: string
  /** Whether anybody may have written it. */
  readonly isUntrusted: boolean
  /** Whether the result speaks to whoever works for the user. */
  readonly isAddressed: boolean
}

/** What a session heard and said so far, as hashes: at most 16 KB of them. Plain data: a snapshot holds it. */
export interface SessionFlow extends Entity {
  /** The user's words. Empty if nobody told them. */
  readonly said: Set<number>
  /** Bits of `actions` that the user asked for. */
  asks: number
  /** What the user's words are about. */
  topics: number
  hasUser: boolean
  /** Whether the user named a host, an e-mail address or an account. */
  hasDestination: boolean
  /** Words that the agent used by itself. */
  readonly used: Set<number>
  /** Destinations in results that anybody may have written, and the call that brought each first. */
  readonly heard: Map<number, string>
  passages: HeardPassage[]
  lastUs: number
}

/** 4 bytes each: with 32-bit hashes a word matches by chance once in a million. */
export const saidMax = 600
export const usedMax = 900
export const heardMax = 400
/** All passages of a session have so many words. */
export const passageWordsMax = 2_000

export const createSessionFlow = (): SessionFlow => ({
  ...fresh,
  said: new Set(),
  asks: 0,
  topics: 0,
  hasUser: false,
  hasDestination: false,
  used: new Set(),
  heard: new Map(),
  passages: [],
  lastUs: 0,
})

/** A copy that can change by itself; passages are never changed in place. */
export const copySessionFlow = (flow: SessionFlow): SessionFlow => ({
  ...flow,
  said: new Set(flow.said),
  used: new Set(flow.used),
  heard: new Map(flow.heard),
  passages: [...flow.passages],
})

export const hearUser = (flow: SessionFlow, user: UserWords): void => {
  flow.hasUser = true
  flow.asks |= user.asks
  flow.topics |= user.topics
  flow.hasDestination ||= user.hasDestination
  for (const hash of user.words) addWithin(flow.said, hash, saidMax)
}

/** Adds to a set; beyond its bound the oldest goes. */
export const addWithin = (set: Set<number>, hash: number, max: number): void => {
  set.add(hash)
  if (set.size <= max) return
  const [oldest] = set
  if (oldest !== undefined) set.delete(oldest)
}

/** Remembers passages; beyond the bound the oldest go. */
export const hearPassages = (flow: SessionFlow, passages: readonly HeardPassage[]): void => {
  flow.passages.push(...passages)
  let words = flow.passages.reduce((sum, passage) => sum + passage.words.length, 0)
  let first = 0
  while (words > passageWordsMax && first < flow.passages.length - 1) {
    words -= flow.passages[first]?.words.length ?? 0
    first += 1
  }
  if (first > 0) flow.passages = flow.passages.slice(first)
}
