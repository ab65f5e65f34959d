import { z } from 'zod'
import { nonEmptyText } from './config-values.ts'

/** One entry of `agents`: an agent that layers know by different names. */
const agentSchema = z.strictObject({
  id: nonEmptyText('give the id that the agent is to have'),
  /** `''` = the id. */
  name: z.string({ error: 'use text' }).prefault(''),
  /** OAuth client ids, service accounts, key aliases, SPIFFE ids: what authenticated layers call it. */
  identities: z
    .array(nonEmptyText('give a client id, service account, key alias or SPIFFE id'), { error: 'use a list' })
    .min(1, { error: 'give at least one client id, service account, key alias or SPIFFE id' }),
})

export const agentsSchema = z.array(agentSchema, { error: 'use a list of agents' }).refine(
  (agents) => {
    const identities = agents.flatMap((agent) => agent.identities)
    return new Set(identities).size === identities.length
  },
  { error: 'an identity is of one agent only; remove the other' },
)

/** Clients, by name or OAuth client id, that open an MCP session for every call: theirs tells nothing. */
export const sessionPerCallClientsSchema = z.array(nonEmptyText('give the name or OAuth client id of a client'), {
  error: 'use a list of clients',
})
