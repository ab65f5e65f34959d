import { followStates } from '../../log/kafka-revocations.ts'
import { partitionOf } from '../../log/kafka-topics.ts'
import { decideRoutes } from '../../respond/decision/decide-routes.ts'
import { Revocations } from '../../respond/revocations.ts'
import { startDecisionService } from '../decision-service.ts'
import { heartbeatPartition, takeOver } from '../published-revocations.ts'
import type { RoleParts, RoleService } from './role.ts'

/** Without an owner for so long a realm may have revocations that are not known here. */
const heartbeatMaxMs = 5_000

/** A decision service that knows what all analysers revoke. It needs no store. */
export const createResponder = async ({ config, access, keys, cluster, log }: RoleParts): Promise<RoleService> => {
  const { kafka, topics, intake } = cluster
  const revocations = new Revocations()
  const heardAt = new Map<number, number>()
  const isCurrent = (realm: string): boolean => {
    const at = heardAt.get(partitionOf(realm, topics.partitions))
    return at !== undefined && performance.now() - at <= heartbeatMaxMs
  }
  revocations.judgeCurrency(isCurrent)
  const decisions = await startDecisionService({ access, config, revocations, append: intake.append, keys, log })
  let follow: { readonly stop: () => Promise<void> } | null = null
  return {
    server: {
      notReadyReasons: () => (revocations.isReady ? [] : ['what is revoked is not known yet']),
      plugins: [async (routes) => void (await routes.register(decideRoutes, decisions.routes))],
      status: () => ({ role: 'responder', epoch: topics.epoch, revocations: revocations.size }),
    },
    start: async () => {
      follow = await followStates({
        kafka,
        topic: topics.revocations,
        onState: (state) => {
          const partition = heartbeatPartition(state)
          if (partition === null) takeOver(revocations, state, Date.now())
          else heardAt.set(partition, performance.now())
        },
        onCaughtUp: () => revocations.ready(),
        log,
      })
    },
    stop: async () => {
      await decisions.stop()
      await follow?.stop()
    },
  }
}
