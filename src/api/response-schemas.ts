import { z } from 'zod'
import type { InventoryShape } from './inventory-shape.ts'
import type {
  ActionShape,
  CallShape,
  CommandShape,
  DeadLetterShape,
  EventShape,
  FindingShape,
  PayloadShape,
  PipelineStatus,
  SessionShape,
} from './read-model.ts'
import type { ResponseShape } from './response-control.ts'

const texts = z.array(z.string()).readonly()
const time = z.string().meta({ description: 'RFC 3339 with microseconds, UTC' })
const count = z.int().nonnegative()

const agent = z.strictObject({ id: z.string(), name: z.string(), basis: z.string() })
const user = z.strictObject({ id: z.string(), email: z.string() })
const client = z.strictObject({ name: z.string(), version: z.string(), address: z.string(), userAgent: z.string() })

const layer = z.strictObject({
  layer: z.string(),
  product: z.string(),
  decision: z.string(),
  basis: z.string(),
  source: z.string(),
  reasons: texts,
  policyId: z.string(),
  eventId: z.string(),
})

export const callSchema = z
  .strictObject({
    id: z.string(),
    time,
    durationMs: z.number().nullable(),
    sessionId: z.string(),
    agent,
    user,
    client,
    server: z.string(),
    method: z.string(),
    tool: z.string(),
    toolExposed: z.string(),
    resource: z.string(),
    decision: z.string(),
    decisionBasis: z.string(),
    decisionSource: z.string(),
    layers: z.array(layer).readonly(),
    outcome: z.string(),
    httpStatus: z.int().nullable(),
    errorType: z.string(),
    httpRequestId: z.string(),
    jsonrpcId: z.string(),
    traceId: z.string(),
    disagreements: texts,
    findings: texts,
  })
  .meta({ id: 'Call' }) satisfies z.ZodType<CallShape>

export const sessionSchema = z
  .strictObject({
    id: z.string(),
    aliases: texts,
    explicitId: z.string(),
    agent,
    user,
    client,
    start: time,
    end: time,
    calls: count,
    denies: count,
    tools: texts,
    servers: texts,
    basis: z.string(),
    confidence: z.number().min(0).max(1),
    risk: z.number(),
    status: z.string(),
    findings: texts,
  })
  .meta({ id: 'Session' }) satisfies z.ZodType<SessionShape>

export const findingSchema = z
  .strictObject({
    id: z.string(),
    incidentId: z.string(),
    ruleId: z.string(),
    ruleTitle: z.string(),
    severity: z.string(),
    time,
    state: z.string(),
    sessionId: z.string(),
    session: z.strictObject({ explicitId: z.string(), agent: z.string(), user: z.string() }),
    calls: texts,
    explanation: z.strictObject({
      text: z.string(),
      thresholds: z.record(z.string(), z.unknown()),
      observed: z.record(z.string(), z.unknown()),
    }),
    shadow: z.boolean(),
    status: z.string(),
    note: z.string(),
    actions: texts,
  })
  .meta({ id: 'Finding' }) satisfies z.ZodType<FindingShape>

export const actionSchema = z
  .strictObject({
    id: z.string(),
    incidentId: z.string(),
    findingId: z.string(),
    kind: z.string(),
    target: z.string(),
    lever: z.string(),
    state: z.string(),
    reason: z.string(),
    by: z.string(),
    expiresAt: time.nullable(),
    evidencePending: z.boolean(),
    transitions: z.array(z.strictObject({ state: z.string(), time, detail: z.string() })).readonly(),
    msTo: z
      .strictObject({
        requested: count.nullable(),
        accepted: count.nullable(),
        enforced: count.nullable(),
        verified: count.nullable(),
      })
      .meta({ description: 'Milliseconds from proposed to each of these states; null = it was not reached' }),
  })
  .meta({ id: 'Action' }) satisfies z.ZodType<ActionShape>

export const eventSchema = z
  .looseObject({ eventId: z.string(), time })
  .meta({ id: 'Event' }) satisfies z.ZodType<EventShape>

export const payloadSchema = z
  .strictObject({ eventId: z.string(), raw: z.string(), arguments: z.string(), result: z.string() })
  .meta({ id: 'Payload' }) satisfies z.ZodType<PayloadShape>

export const deadLetterSchema = z
  .strictObject({
    recordId: z.string(),
    time,
    source: z.string(),
    format: z.string(),
    sourcePosition: count,
    reason: z.string(),
    raw: z.string(),
    rawBytes: count,
  })
  .meta({ id: 'DeadLetter' }) satisfies z.ZodType<DeadLetterShape>

export const commandSchema = z
  .strictObject({
    id: z.string(),
    time,
    by: z.string(),
    type: z.string(),
    target: z.string(),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Command' }) satisfies z.ZodType<CommandShape>

export const inventorySchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    firstSeen: time,
    lastSeen: time,
    calls: count,
    denies: count,
    failures: count,
    sessions: count,
    owner: z.string().meta({ description: 'The user that most of its calls were made for' }),
    agents: texts,
    users: texts,
    tools: texts,
    servers: texts,
    usual: z.strictObject({
      callsPerDay: count,
      hours: z.array(count).readonly(),
      durationP50Ms: z.number().nullable(),
      durationP95Ms: z.number().nullable(),
    }),
    findings: count.nullable(),
  })
  .meta({ id: 'InventoryItem' }) satisfies z.ZodType<InventoryShape>

export const responseSchema = z
  .strictObject({
    mode: z.enum(['dry-run', 'enforce']),
    paused: z.boolean(),
    pausedBy: z.string(),
    pausedReason: z.string(),
    pausedSince: time.nullable(),
    revocations: count,
    limits: z.strictObject({
      neverRevoke: texts,
      revocationsPerMinuteMax: count,
      revocationsPerHourMax: count,
      revokedPercentMax: count,
      pagesPerHourMax: count,
    }),
  })
  .meta({ id: 'Response' }) satisfies z.ZodType<ResponseShape>

export const batchSchema = z.object({
  batchId: z.string(),
  state: z.enum(['pending', 'done']),
  records: z.object({ stored: z.number(), ignored: z.number(), duplicate: z.number(), rejected: z.number() }),
})

export const statusSchema = z
  .strictObject({
    records: z.record(z.string(), z.strictObject({ stored: count, ignored: count, duplicate: count, rejected: count })),
    partitions: z
      .array(
        z.strictObject({
          partition: count,
          logEnd: count,
          analysed: count,
          storedThrough: count,
          lagRecords: count,
          lagSeconds: z.number().nonnegative(),
        }),
      )
      .readonly(),
    log: z.strictObject({ usedBytes: count, bytesMax: count, acceptsRecords: z.boolean() }),
    store: z.strictObject({
      kind: z.enum(['embedded', 'server']),
      state: z.enum(['up', 'down', 'starting']),
      restarts: count,
    }),
    space: z.strictObject({
      usedBytes: count,
      budgetBytes: count,
      isOverBudget: z.boolean(),
      removedBytes: z.record(z.string(), count),
    }),
    analyser: z.strictObject({
      watermark: time.nullable(),
      callsLive: count,
      sessionsLive: count,
      lateEvents: count,
      limitsReached: z.record(z.string(), count),
      lastSnapshotPosition: count,
      snapshotPauseMs: z.number().nonnegative(),
      stageSeconds: z.record(z.string(), z.number().nonnegative()),
    }),
    version: z.string(),
    uptimeSeconds: z.number().nonnegative(),
  })
  .meta({ id: 'Status' }) satisfies z.ZodType<PipelineStatus>

export const sessionDetailSchema = z
  .strictObject({
    ...sessionSchema.shape,
    identity: z.strictObject({
      basis: z.string().meta({ description: 'What ties the calls of the session together' }),
      confidence: z.number().min(0).max(1),
      agentBasis: z.string().meta({ description: 'What names the agent' }),
      explicitId: z.string(),
      aliases: texts,
    }),
    actions: z.array(actionSchema).readonly(),
  })
  .meta({ id: 'SessionDetail' })

export const callDetailSchema = z
  .strictObject({ ...callSchema.shape, events: z.array(eventSchema).readonly() })
  .meta({ id: 'CallDetail' })

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.strictObject({ items: z.array(item).readonly(), nextCursor: z.string().nullable() })
