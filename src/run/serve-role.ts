import type { Config } from '../config.ts'
import { createAnalyserRole } from './roles/analyser.ts'
import { createCollector } from './roles/collector.ts'
import { createResponder } from './roles/responder.ts'
import { openRoleParts, type RoleParts, type RoleService, type RunningRole, runRole } from './roles/role.ts'
import type { Role } from './roles/roles.ts'

const services: Readonly<Record<Role, (parts: RoleParts) => RoleService | Promise<RoleService>>> = {
  collector: createCollector,
  analyser: createAnalyserRole,
  responder: createResponder,
}

/** Runs one part of a cluster. In which order the parts start does not matter. */
export const startRole = async (config: Config, role: Role): Promise<RunningRole> => {
  const parts = await openRoleParts(config, role)
  return runRole(role, parts, await services[role](parts))
}
