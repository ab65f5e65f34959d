import { formatNames } from '../../../collectors/registry.ts'
import { recordsRoutes } from '../../../collectors/transports/http.ts'
import { createCollectors } from '../collectors.ts'
import { makeDirectories } from '../directories.ts'
import { createOtlpIntake } from '../otlp-intake.ts'
import { connectPomerium } from '../pomerium.ts'
import { bodyBytesMax } from '../server-api.ts'
import type { RoleParts, RoleService } from './role.ts'

/** Takes records in from everywhere and puts them into their realms' partitions. It needs no store. */
export const createCollector = ({ config, access, cluster, log }: RoleParts): RoleService => {
  const { intake, topics } = cluster
  const paths = makeDirectories(config.dataDir)
  const otlp = createOtlpIntake({ access, config, intake, bodyBytesMax, onAnswered: () => undefined, log })
  // Whoever has the setting watches: given to one collector, each change of a databroker is one record.
  const watch = config.pomerium === undefined ? [] : [connectPomerium(config.pomerium, log).watch(intake.append)]
  const transports = [otlp, ...createCollectors({ config, intake, positionsDir: paths.positions, log }), ...watch]
  return {
    server: {
      notReadyReasons: () => (intake.hasRoom() ? [] : ['the brokers do not answer; records are refused until they do']),
      plugins: [async (routes) => void (await routes.register(recordsRoutes, { intake, formatNames, bodyBytesMax }))],
      status: () => ({ role: 'collector', epoch: topics.epoch, acceptsRecords: intake.hasRoom() }),
    },
    start: async () => void (await Promise.all(transports.map((transport) => transport.start()))),
    stop: async () => void (await Promise.all(transports.map((transport) => transport.stop()))),
  }
}
