import { join } from 'node:path'
import { KafkaStates } from '../../log/kafka-revocations.ts'
import { Revocations } from '../../respond/revocations.ts'
import { createLevers } from '../create-levers.ts'
import { loadCheckedRuleFiles } from '../load-rules.ts'
import { openStore } from '../open-store.ts'
import { PartitionGroup } from '../partition-group.ts'
import { PartitionOwner } from '../partition-owner.ts'
import { connectPomerium } from '../pomerium.ts'
import { createPublishedLever, publishOwnership, publishRevocations } from '../published-revocations.ts'
import type { RoleParts, RoleService } from './role.ts'

const heartbeatEveryMs = 1_000

/** Analyses the partitions that the group gives it, each in a thread of its own. */
export const createAnalyserRole = async (parts: RoleParts): Promise<RoleService> => {
  const { config, keys, cluster, log, fail } = parts
  const { kafka, topics } = cluster
  const rules = loadCheckedRuleFiles(config.rulesDir)
  const store = openStore({ config, log })
  const states = new KafkaStates({ kafka, topic: topics.revocations })
  const lever = createPublishedLever(states)
  const pomerium = config.pomerium === undefined ? null : connectPomerium(config.pomerium, log)
  const levers = createLevers({ config, revocations: new Revocations(), pomerium, now: Date.now }).map((each) =>
    each.name === lever.name ? lever : each,
  )
  const owned = new Map<number, PartitionOwner>()
  let beat: NodeJS.Timeout | undefined

  const take = async (partition: number): Promise<void> => {
    await store.ready
    const owner = await PartitionOwner.take({
      ...{ cluster, partition, config, keys, rules, levers, log },
      store: store.address,
      dir: join(config.dataDir, 'partitions', String(partition)),
      onReady: (revocations) => void publishRevocations(states, revocations).catch(fail),
      onFailure: fail,
    })
    owned.set(partition, owner)
    log.info({ partition }, 'partition taken over')
  }
  const group = new PartitionGroup({
    kafka,
    group: `${topics.log}.analysers`,
    topic: topics.log,
    onAssigned: async (partitions) => {
      const gone = [...owned.values()].filter((owner) => !partitions.includes(owner.partition))
      for (const { partition } of gone) owned.delete(partition)
      const fresh = partitions.filter((partition) => !owned.has(partition))
      await Promise.all([...gone.map((owner) => owner.stop()), ...fresh.map(take)]).catch(fail)
    },
    log,
  })
  return {
    server: {
      notReadyReasons: () =>
        store.status().state === 'up' ? [] : ['the store is not up; the log keeps what it lacks'],
      plugins: [],
      status: () => ({ role: 'analyser', epoch: topics.epoch, partitions: [...owned.values()].map(partitionStatus) }),
    },
    start: async () => {
      group.start()
      beat = setInterval(() => {
        for (const partition of owned.keys()) {
          void publishOwnership(states, partition, Date.now()).catch(() => undefined)
        }
      }, heartbeatEveryMs)
    },
    stop: async () => {
      clearInterval(beat)
      await group.stop()
      await Promise.all([...owned.values()].map((owner) => owner.stop()))
      await states.close()
      await store.stop()
    },
  }
}

const partitionStatus = (owner: PartitionOwner) => {
  const progress = owner.progress()
  return {
    partition: owner.partition,
    logEnd: owner.logEnd(),
    analysed: progress?.position ?? 0,
    // Ticks bring nothing to store, and so no mark.
    storedThrough: (progress?.isSettled ? progress.position : progress?.storedThrough) ?? 0,
    tickMs: progress?.tickMs ?? 0,
    records: progress?.records ?? {},
  }
}
