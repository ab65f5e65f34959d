import type { Assessment } from '../../correlate/rows.ts'
import { actions, effectMask } from '../../event/features/action-words.ts'
import { type ArgumentWords, wordFlags } from '../../event/features/argument-words.ts'
import type { Content } from '../../event/features/content.ts'
import { hasEffect, type ToolKind } from '../tools/tool-classes.ts'
import {
  addWithin,
  type HeardPassage,
  heardMax,
  hearPassages,
  hearUser,
  type SessionFlow,
  usedMax,
} from './session-flow.ts'

/** A call as flow sees it. */
export interface FlowCall {
  readonly id: string
  readonly timeUs: number
  readonly tool: ToolKind
  readonly content: Content
  /** Whether the agent sent to this before, for reasons of its own. */
  readonly isUsual: (hash: number) => boolean
}

export type Flow = Pick<Assessment, 'flow' | 'flowPercent' | 'flowFrom'>

export const noFlow: Flow = { flow: [], flowPercent: 0, flowFrom: [] }

/** How a call stands to what its session heard before; then the session has heard the call's own result too. */
export const followCall = (session: SessionFlow, call: FlowCall): Flow => {
  session.lastUs = Math.max(session.lastUs, call.timeUs)
  if (call.content.user !== null) hearUser(session, call.content.user)
  const words = call.content.arguments?.words
  const flow = words === undefined ? noFlow : assess(session, call, words)
  if (words !== undefined) use(session, words)
  hear(session, call)
  return flow
}

/** A word that nothing the user said and nothing the agent used by itself explains. */
const isNew = (session: SessionFlow, hash: number): boolean => !session.said.has(hash) && !session.used.has(hash)

const assess = (session: SessionFlow, call: FlowCall, words: ArgumentWords): Flow => {
  const intent = intentOf(session, call.tool)
  if (session.passages.length === 0 && session.heard.size === 0) return { ...noFlow, flow: intent }
  const news = newsOf(session, call, words)
  const place = placeOf(session, news)
  const best = bestPassage(session, news, call.tool.does)
  const signs = new Set([...intent, ...placeSigns(session, place), ...passageSigns(best, call.tool)])
  const from = new Set([place?.callId, best?.callId].filter((id) => id !== undefined))
  return { flow: [...signs].sort(), flowPercent: best?.percent ?? 0, flowFrom: [...from].sort() }
}

/** What the call's arguments bring that nothing explains: neither the user, nor the agent, nor its habits. */
const newsOf = (session: SessionFlow, call: FlowCall, words: ArgumentWords): ReadonlyMap<number, number> => {
  const news = new Map<number, number>()
  for (const [at, hash] of words.hashes.entries()) {
    const flags = words.flags[at] ?? 0
    if (isNew(session, hash) && !(isPlace(flags) && call.isUsual(hash))) news.set(hash, flags)
  }
  return news
}

const placeSigns = (session: SessionFlow, place: Place | null): readonly string[] =>
  place === null
    ? []
    : ['destination', ...(place.isDecoded ? ['decoded'] : []), ...(session.hasDestination ? ['elsewhere'] : [])]

/** Of a passage that asks for what the tool does one word in the arguments may be enough: the number of a file. */
const passageSigns = (best: Best | null, tool: ToolKind): readonly string[] => {
  if (best === null) return []
  const isInstructed = (best.asks & tool.does & (effectMask | actions.read)) !== 0
  const isMost = best.percent >= 50 && best.count >= 3
  const isAll = best.percent >= 80 && (isInstructed || best.count >= 2)
  return [
    ...(isInstructed ? ['instructed'] : []),
    ...(best.isAddressed ? ['addressed'] : []),
    ...(isMost || isAll ? ['passage'] : []),
  ]
}

/** Whether the user asked for what the tool does. Only said where the user's words are understood at all. */
const intentOf = (session: SessionFlow, tool: ToolKind): readonly string[] => {
  if (!session.hasUser || session.asks === 0 || !hasEffect(tool.classes)) return []
  if ((session.asks & actions.delegate) !== 0 && (session.asks & tool.does & effectMask) === 0) return ['delegated']
  const isElse = session.topics !== 0 && tool.topics !== 0 && (session.topics & tool.topics) === 0
  const about = isElse && (session.asks & actions.delegate) === 0 ? ['offtopic'] : []
  return (session.asks & tool.does & effectMask) !== 0 ? ['asked', ...about] : ['unasked', ...about]
}

const isPlace = (flags: number): boolean => (flags & (wordFlags.target | wordFlags.destination)) !== 0

interface Place {
  readonly callId: string
  readonly isDecoded: boolean
}

/** Where a new destination of the arguments comes from, if an earlier result has it. */
const placeOf = (session: SessionFlow, news: ReadonlyMap<number, number>): Place | null => {
  for (const [hash, flags] of news) {
    const isDecoded = (flags & wordFlags.decoded) !== 0
    if ((flags & wordFlags.destination) !== 0) {
      const callId = session.heard.get(hash)
      if (callId !== undefined) return { callId, isDecoded }
    }
    if (!isPlace(flags)) continue
    const passage = session.passages.find((each) => maySend(each) && each.words.includes(hash))
    if (passage !== undefined) return { callId: passage.callId, isDecoded }
  }
  return null
}

/** A directory's line is no order; any other sentence that names a place may be one. */
const maySend = ({ isUntrusted, asks }: HeardPassage): boolean => isUntrusted || (asks & effectMask) !== 0

interface Best {
  readonly rank: number
  readonly callId: string
  readonly count: number
  readonly percent: number
  readonly asks: number
  readonly isAddressed: boolean
}

/** The passage, with the one that follows it, that most of the new words stand in. */
const bestPassage = ({ passages }: SessionFlow, news: ReadonlyMap<number, number>, does: number): Best | null => {
  if (news.size === 0) return null
  let best: Best | null = null
  for (const [at, passage] of passages.entries()) {
    const found = new Set<number>()
    meet(found, passage.words, news)
    // What only the next passage has is found when its turn comes.
    if (found.size === 0) continue
    const next = followerOf(passages, at)
    if (next !== null) meet(found, next.words, news)
    const asks = passage.asks | (next?.asks ?? 0)
    // Of two that have as much the one that asks for what the tool does.
    const rank = found.size * 2 + ((asks & does & effectMask) === 0 ? 0 : 1)
    if (best !== null && rank <= best.rank) continue
    best = {
      rank,
      callId: passage.callId,
      count: found.size,
      percent: Math.floor((found.size * 100) / news.size),
      asks,
      isAddressed: passage.isAddressed,
    }
  }
  return best
}

const followerOf = (passages: readonly HeardPassage[], at: number): HeardPassage | null => {
  const next = passages[at + 1]
  return next?.follows === true && next.callId === passages[at]?.callId ? next : null
}

const meet = (found: Set<number>, words: Int32Array, news: ReadonlyMap<number, number>): void => {
  for (const hash of words) if (news.has(hash)) found.add(hash)
}

/** What the agent used is its own from now on, but for what it took from a result. */
const use = (session: SessionFlow, words: ArgumentWords): void => {
  for (const hash of words.hashes) {
    if (!isHeard(session, hash)) addWithin(session.used, hash, usedMax)
  }
}

const isHeard = ({ heard, passages }: SessionFlow, hash: number): boolean =>
  heard.has(hash) || passages.some(({ words }) => words.includes(hash))

const hear = (session: SessionFlow, { id, tool, content }: FlowCall): void => {
  const { result } = content
  if (result === null) return
  const { sketch } = result
  const { isAddressed } = sketch
  // Directories and databases hand out addresses all day; texts that anybody may write are another matter.
  const isUntrusted = tool.classes.length === 0 || tool.classes.includes('reads_untrusted')
  hearPassages(
    session,
    sketch.passages.map((passage) => ({ ...passage, callId: id, isUntrusted, isAddressed })),
  )
  if (!isUntrusted) return
  for (const hash of sketch.destinations) {
    if (session.heard.size < heardMax && !session.heard.has(hash) && isNew(session, hash)) session.heard.set(hash, id)
  }
}
