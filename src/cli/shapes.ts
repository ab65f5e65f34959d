import { z } from 'zod'
import { AgenttrailError } from '../errors.ts'

/** What the commands print of the API's answers. Unknown keys stay, so that a newer server is no error. */
const agent = z.looseObject({ id: z.string(), name: z.string() })
const user = z.looseObject({ id: z.string(), email: z.string() })
const client = z.looseObject({ name: z.string(), address: z.string(), userAgent: z.string() })

export const sessionShape = z.looseObject({
  id: z.string(),
  agent,
  user,
  client,
  start: z.string(),
  end: z.string(),
  calls: z.number(),
  denies: z.number(),
  tools: z.array(z.string()),
  servers: z.array(z.string()),
  basis: z.string(),
  confidence: z.number(),
  risk: z.number(),
  status: z.string(),
  findings: z.array(z.string()),
})

export const callShape = z.looseObject({
  id: z.string(),
  time: z.string(),
  durationMs: z.number().nullable(),
  sessionId: z.string(),
  agent,
  user,
  server: z.string(),
  method: z.string(),
  tool: z.string(),
  decision: z.string(),
  decisionBasis: z.string(),
  layers: z.array(
    z.looseObject({
      layer: z.string(),
      decision: z.string(),
      basis: z.string(),
      reasons: z.array(z.string()),
    }),
  ),
  outcome: z.string(),
  httpStatus: z.number().nullable(),
  disagreements: z.array(z.string()),
  findings: z.array(z.string()),
})

export const findingShape = z.looseObject({
  id: z.string(),
  incidentId: z.string(),
  ruleId: z.string(),
  ruleTitle: z.string(),
  severity: z.string(),
  time: z.string(),
  state: z.string(),
  sessionId: z.string(),
  session: z.looseObject({ agent: z.string(), user: z.string() }),
  calls: z.array(z.string()),
  explanation: z.looseObject({ text: z.string() }),
  status: z.string(),
  actions: z.array(z.string()),
})

const hit = { id: z.string(), time: z.string() }

export const searchHitShape = z.discriminatedUnion('kind', [
  z.looseObject({ kind: z.literal('call'), ...hit, item: callShape }),
  z.looseObject({ kind: z.literal('session'), ...hit, item: sessionShape }),
  z.looseObject({ kind: z.literal('finding'), ...hit, item: findingShape }),
])

export const actionShape = z.looseObject({
  id: z.string(),
  kind: z.string(),
  target: z.string(),
  lever: z.string(),
  state: z.string(),
  reason: z.string(),
  by: z.string(),
  expiresAt: z.string().nullable(),
  transitions: z.array(z.looseObject({ state: z.string(), time: z.string(), detail: z.string() })),
})

export type ActionShape = z.infer<typeof actionShape>

export const responseShape = z.looseObject({
  mode: z.string(),
  paused: z.boolean(),
  pausedBy: z.string(),
  pausedSince: z.string().nullable(),
  revocations: z.number(),
})

export const deadLetterShape = z.looseObject({
  recordId: z.string(),
  time: z.string(),
  source: z.string(),
  format: z.string(),
  sourcePosition: z.number(),
  reason: z.string(),
  raw: z.string(),
  rawBytes: z.number(),
})

export const replayedShape = z.looseObject({
  replayed: z.number(),
  skipped: z.array(z.looseObject({ recordId: z.string(), reason: z.string() })),
  moreBefore: z.string().nullable(),
})

export const recordCounts = z.looseObject({
  stored: z.number(),
  ignored: z.number(),
  duplicate: z.number(),
  rejected: z.number(),
})

export const batchShape = z.looseObject({ batchId: z.string(), state: z.string(), records: recordCounts })

export const acceptedShape = z.looseObject({ accepted: z.number(), batchId: z.string(), position: z.string() })

export const statusShape = z.looseObject({
  records: z.record(z.string(), recordCounts),
  partitions: z.array(
    z.looseObject({ logEnd: z.number(), analysed: z.number(), storedThrough: z.number(), lagSeconds: z.number() }),
  ),
  log: z.looseObject({ usedBytes: z.number(), bytesMax: z.number(), acceptsRecords: z.boolean() }),
  store: z.looseObject({ kind: z.string(), state: z.string(), restarts: z.number() }),
  space: z.looseObject({
    usedBytes: z.number(),
    budgetBytes: z.number(),
    isOverBudget: z.boolean(),
    removedBytes: z.record(z.string(), z.number()),
  }),
  analyser: z.looseObject({ lateEvents: z.number() }),
})

export type SessionShape = z.infer<typeof sessionShape>
export type CallShape = z.infer<typeof callShape>
export type FindingShape = z.infer<typeof findingShape>
export type DeadLetterShape = z.infer<typeof deadLetterShape>
export type StatusShape = z.infer<typeof statusShape>
export type RecordCounts = z.infer<typeof recordCounts>

/** `value` as the schema's type. A server that answers otherwise is of another version. */
export const parseShape = <T>(schema: z.ZodType<T>, value: unknown): T => {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const where = parsed.error.issues[0]?.path.join('.') ?? ''
  throw new AgenttrailError(
    'AGT_REQUEST_INVALID',
    `The server's answer is not of the expected shape (${where}). Use an agenttrail of the server's version`,
  )
}
