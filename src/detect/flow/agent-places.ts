import { type Entity, type EntityTable, fresh } from '../../correlate/entity-table.ts'
import type { Assessment } from '../../correlate/rows.ts'
import { wordFlags } from '../../event/features/argument-words.ts'
import type { Content } from '../../event/features/content.ts'
import { hasEffect } from '../tools/tool-classes.ts'

/** Where an agent sent things for reasons of its own, as hashes. Plain data: a snapshot holds it. */
export interface Places extends Entity {
  readonly hashes: Set<number>
  lastUs: number
}

export const copyPlaces = (places: Places): Places => ({ ...places, hashes: new Set(places.hashes) })

interface AgentCall {
  readonly timeUs: number
  readonly agent: { readonly agentId: string }
  readonly actor: { readonly clientName: string }
}

/** Beyond these the oldest are forgotten: what is forgotten is new again. */
const placesMax = 500
const agentsMax = 20_000
const keepUs = 30 * 24 * 3600 * 1_000_000

/** What each agent uses honestly: a destination that came from a result never becomes usual by being used. */
export class AgentPlaces {
  readonly #table: EntityTable<Places>

  constructor(table: EntityTable<Places>) {
    this.#table = table
  }

  of(call: AgentCall): (hash: number) => boolean {
    const hashes = this.#table.get(keyOf(call))?.hashes
    return (hash) => hashes?.has(hash) === true
  }

  /** A final call, told in the order of calls. */
  learn(
    call: AgentCall,
    { assessment, content }: { readonly assessment: Assessment; readonly content: Content | null },
  ): void {
    const words = content?.arguments?.words
    if (words === undefined || !hasEffect(assessment.toolClasses)) return
    if (assessment.flow.includes('destination') || assessment.flow.includes('passage')) return
    const places = words.hashes.filter((_, at) => ((words.flags[at] ?? 0) & isPlace) !== 0)
    if (places.length === 0) return
    const key = keyOf(call)
    const known = this.#table.get(key) ?? this.#table.add(key, { ...fresh, hashes: new Set(), lastUs: 0 })
    this.#table.touch(key, known)
    known.lastUs = Math.max(known.lastUs, call.timeUs)
    for (const hash of places) {
      known.hashes.delete(hash)
      known.hashes.add(hash)
    }
    for (const oldest of known.hashes) {
      if (known.hashes.size <= placesMax) break
      known.hashes.delete(oldest)
    }
  }

  expire(finalThroughUs: number): void {
    for (const [key, { lastUs }] of this.#table.entries()) {
      if (lastUs + keepUs < finalThroughUs || this.#table.size > agentsMax) this.#table.delete(key)
    }
  }
}

const isPlace = wordFlags.target | wordFlags.destination

const keyOf = ({ agent, actor }: AgentCall): string => agent.agentId || `?${actor.clientName}`
