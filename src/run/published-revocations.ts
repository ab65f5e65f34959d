import type { KafkaStates, KeyedState } from '../log/kafka-revocations.ts'
import type { Lever } from '../respond/lever.ts'
import { decisionServiceTraits } from '../respond/levers/decision-service.ts'
import type { Revocation } from '../respond/revocation.ts'
import type { Revocations } from '../respond/revocations.ts'

const heartbeatPrefix = 'heartbeat/'

/** Denies through decision services in other processes, which follow the topic. */
export const createPublishedLever = (states: KafkaStates): Lever => ({
  name: decisionServiceTraits.name,

  apply: async ({ actionId, revocation }) => {
    if (revocation === null) return { state: 'failed', detail: 'there is nothing to deny' }
    await states.put([{ key: actionId, value: revocation }])
    const what = [...new Set(revocation.keys.map((key) => key.slice(0, key.indexOf(':'))))].join(', ')
    return { state: 'enforced', detail: `the decision services were told to deny it by ${what}` }
  },

  lift: async ({ actionId }) => {
    await states.put([{ key: actionId, value: null }])
    return { state: 'enforced', detail: 'the decision services were told to deny it no longer' }
  },
})

/** What a partition's owner says of it: that it is there, and what is in force in its realms. */
export const publishOwnership = (states: KafkaStates, partition: number, timeMs: number): Promise<void> =>
  states.put([{ key: `${heartbeatPrefix}${partition}`, value: { timeMs } }])

export const publishRevocations = async (states: KafkaStates, revocations: readonly Revocation[]): Promise<void> => {
  if (revocations.length === 0) return
  await states.put(revocations.map((revocation) => ({ key: revocation.actionId, value: revocation })))
}

/** The partition whose owner is there; null if the state says something else. */
export const heartbeatPartition = ({ key }: KeyedState): number | null =>
  key.startsWith(heartbeatPrefix) ? Number(key.slice(heartbeatPrefix.length)) : null

/** Takes what the topic says over into the memory of a decision service. */
export const takeOver = (revocations: Revocations, { key, value }: KeyedState, nowMs: number): void => {
  if (value === null) revocations.remove(key)
  else revocations.add(value as Revocation, nowMs)
}
