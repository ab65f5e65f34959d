import { z } from 'zod'
import { AgenttrailError } from '../../src/errors.ts'

/** A realm, a source or an `Idempotency-Key` longer than this names nothing. */
export const nameCharsMax = 200

const name = z.string().min(1).max(nameCharsMax)
const querySchema = z.object({
  format: name.default('auto'),
  realm: name.default('default'),
  source: name.optional(),
  backfill: z.enum(['true', 'false']).default('false'),
})

/** What a sender says of its records in the URL. */
export const parseIntakeQuery = (query: unknown): z.infer<typeof querySchema> => {
  const parsed = querySchema.safeParse(query)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
  throw new AgenttrailError(
    'AGT_REQUEST_INVALID',
    `${problems}. Give each parameter once, 1 to ${nameCharsMax} characters.`,
  )
}
