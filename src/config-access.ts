import { z } from 'zod'
import { nonEmptyText, oneOf } from './config-values.ts'

/** What a caller may do: `docs/access.md` says what each is for. */
export const roleNames = ['viewer', 'analyst', 'payload-reader', 'responder', 'auditor', 'admin', 'ingest'] as const

const text = (what: string) => nonEmptyText(`give ${what}`)

/** One entry of `grants`: what people that an identity provider vouches for may do. */
const grantSchema = z.strictObject({
  /** A user's id or address; with neither this nor `group` everybody who signs in is meant. */
  user: text('the id or address of a user').optional(),
  group: text('the name of a group').optional(),
  roles: z.array(oneOf(roleNames), { error: 'use a list of roles' }).min(1, { error: 'give at least one role' }),
  /** `*` = all. */
  realms: z.array(text('the name of a realm, or *'), { error: 'use a list of realms' }).prefault(['default']),
})

export const grantsSchema = z.array(grantSchema, { error: 'use a list of grants' })

export type Grant = z.infer<typeof grantSchema>

/** What a way of telling callers apart cannot do without. */
export const missingForAuth = (values: Readonly<Record<string, unknown>>): readonly string[] => {
  const needed = values['auth'] === 'oidc' ? ['authIssuer', 'authAudience'] : ['authAudience', 'authJwksUrl']
  if (values['auth'] !== 'oidc' && values['auth'] !== 'pomerium') return []
  return needed.filter((setting) => values[setting] === undefined)
}
