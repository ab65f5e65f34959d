import { z } from 'zod'
import { AgenttrailError } from '../errors.ts'
import { idParams, realmQuery } from './request-schemas.ts'
import { defineRoute, type Route } from './route.ts'

/** Whether a session is kept whatever its age, and who said so why. */
export interface LegalHold {
  readonly realm: string
  readonly sessionId: string
  readonly isHeld: boolean
  readonly reason: string
  readonly by: string
}

/** Resolves once the hold is durable in the log; false if there is no such session. */
export type HoldSession = (hold: LegalHold) => Promise<boolean>

const holdBody = z.strictObject({
  isHeld: z.boolean({ error: 'use true to hold, false to let go' }),
  reason: z.string({ error: 'use text' }).min(1, 'say why').max(1024, 'too long'),
})

const holdSchema = z
  .strictObject({ sessionId: z.string(), isHeld: z.boolean(), reason: z.string(), by: z.string() })
  .meta({ id: 'LegalHold' })

/** What keeps a session's evidence from retention. */
export const legalHoldRoutes: readonly Route[] = [
  defineRoute({
    path: '/api/v1/sessions/{id}/legal-hold',
    summary: 'Keeps what is stored of a session whatever its age, or lets retention have it again',
    tag: 'sessions',
    params: idParams,
    query: realmQuery,
    body: holdBody,
    response: holdSchema,
    answer: async ({ params, query, body, principal }, { holdSession }) => {
      const hold = { sessionId: params.id, ...body, by: principal.name }
      if (await holdSession({ realm: query.realm, ...hold })) return hold
      throw new AgenttrailError('AGT_NOT_FOUND', `There is no session "${params.id}" in this realm.`)
    },
  }),
]
