import { z } from 'zod'
import { AgenttrailError } from '../errors.ts'
import type { FindingShape } from './read-model.ts'
import { idParams, realmQuery, triageStatuses } from './request-schemas.ts'
import { findingSchema } from './response-schemas.ts'
import { defineRoute, type Route } from './route.ts'

/** What somebody thinks of a finding. What is undefined stays as it was. */
export interface Judgement {
  readonly realm: string
  readonly findingId: string
  readonly status: string | undefined
  readonly note: string | undefined
  readonly by: string
}

/** Resolves with the finding as judged, once the analyser has taken it in; null if there is none. */
export type JudgeFinding = (judgement: Judgement) => Promise<FindingShape | null>

const judgementBody = z
  .strictObject({
    status: z.enum(triageStatuses, { error: `use one of ${triageStatuses.join(', ')}` }).optional(),
    note: z.string({ error: 'use text' }).max(4096, 'too long').optional(),
  })
  .refine(({ status, note }) => status !== undefined || note !== undefined, {
    error: 'give a status, a note or both',
    path: ['status'],
  })

/** What people say of findings. */
export const triageRoutes: readonly Route[] = [
  defineRoute({
    method: 'patch',
    path: '/api/v1/findings/{id}',
    summary: 'Judges a finding: its status, a note, or both',
    tag: 'findings',
    params: idParams,
    query: realmQuery,
    body: judgementBody,
    response: findingSchema,
    answer: async ({ params, query, body, principal }, { judge }) => {
      const { status, note } = body
      const judged = await judge({ realm: query.realm, findingId: params.id, status, note, by: principal.name })
      if (judged !== null) return judged
      throw new AgenttrailError('AGT_NOT_FOUND', `There is no finding "${params.id}" in this realm.`)
    },
  }),
]
