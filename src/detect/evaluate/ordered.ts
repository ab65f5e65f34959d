import type { Hit } from '../hit.ts'
import type { Correlation } from '../rule.ts'
import { type Evaluation, type History, type Hold, lastPeer } from './hold.ts'

/** A chain of steps so far; of chains of one length the one that began latest stays longest within the window. */
type Chain = readonly Hit[]
type Chains = (Chain | undefined)[]

/**
 * Where the members were met in their order, with no breaker between. Calls of equal time satisfy either order, but no
 * call is two steps of one chain. What came before is in the chains of the history.
 */
export const orderedHolds = ({ correlation, hits, history }: Evaluation): Hold[] => {
  const holds: Hold[] = []
  advance([...(history?.chains ?? [])], hits, correlation, (at, chain) =>
    holds.push({ hit: hits[at] as Hit, value: chain.length, proof: () => chain }),
  )
  return holds
}

/** Takes final hits into the chains, and drops chains that began too long ago to be completed. */
export const rememberChains = (history: History, hits: readonly Hit[], correlation: Correlation): void => {
  const chains = [...(history.chains ?? [])]
  advance(chains, hits, correlation, () => undefined)
  const startMinUs = (hits.at(-1)?.timeUs ?? 0) - correlation.timespanUs
  history.chains = chains.map((chain) => ((chain?.[0]?.timeUs ?? 0) > startMinUs ? chain : undefined))
}

const advance = (
  chains: Chains,
  hits: readonly Hit[],
  correlation: Correlation,
  completed: (at: number, chain: Chain) => void,
): void => {
  const { steps, breakers } = masksOf(correlation)
  for (let first = 0; first < hits.length; ) {
    const last = lastPeer(hits, first)
    const peers = hits.slice(first, last + 1)
    if (peers.some((hit) => (hit.mask & breakers) !== 0)) chains.fill(undefined)
    const chain = extend(chains, steps, peers)
    const startMinUs = (hits[first] as Hit).timeUs - correlation.timespanUs
    if (chain !== null && (chain[0]?.timeUs ?? 0) > startMinUs) completed(last, chain)
    first = last + 1
  }
}

const masksOf = ({ inputs }: Correlation): { readonly steps: readonly number[]; readonly breakers: number } => ({
  steps: inputs.flatMap((input, at) => (input.role === 'member' ? [1 << at] : [])),
  breakers: inputs.reduce((mask, input, at) => (input.role === 'breaker' ? mask | (1 << at) : mask), 0),
})

/** Takes peers into the chains; the best chain that one of them completes, or null. */
const extend = (chains: Chains, steps: readonly number[], peers: readonly Hit[]): Chain | null => {
  let completed: Chain | undefined
  // Peers may be met in any order: one pass for each step lets the last of them be the first step.
  for (let pass = 0; pass < Math.min(steps.length, peers.length); pass += 1) {
    for (const hit of peers) {
      const chain = take(chains, steps, hit)
      if (chain !== null && isLater(chain, completed)) completed = chain
    }
  }
  return completed ?? null
}

/** Takes one hit as whatever steps it is, the last first, so that it is one step of a chain only. */
const take = (chains: Chains, steps: readonly number[], hit: Hit): Chain | null => {
  let completed: Chain | null = null
  for (let step = steps.length - 1; step >= 0; step -= 1) {
    const chain = (hit.mask & (steps[step] as number)) === 0 ? null : chainTo(chains, step, hit)
    if (chain === null) continue
    // A chain that is complete leads no further.
    if (step === steps.length - 1) completed = chain
    else if (isLater(chain, chains[step])) chains[step] = chain
  }
  return completed
}

const chainTo = (chains: Chains, step: number, hit: Hit): Chain | null => {
  if (step === 0) return [hit]
  const before = chains[step - 1]
  return before === undefined || before.some((other) => other.id === hit.id) ? null : [...before, hit]
}

const isLater = (chain: Chain, than: Chain | undefined): boolean =>
  than === undefined || (chain[0]?.timeUs ?? 0) >= (than[0]?.timeUs ?? 0)
