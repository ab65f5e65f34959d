import { z } from 'zod'
import { toolClassNames } from './tools/tool-classes.ts'

/** `30s`, `5m`, `1h`, `30d`. */
const timespan = z
  .string({ error: 'a timespan is a number and s, m, h or d, such as 5m' })
  .regex(/^[1-9][0-9]*[smhd]$/, 'a timespan is a number and s, m, h or d, such as 5m')
const text = z.string({ error: 'write text here' })
const name = text.min(1, 'give it a name')
const number = z.number({ error: 'write a number without quotes' })
const oneOrMore = z.union([text, z.array(text)], { error: 'write text or a list of texts' })
const oneOf = <const T extends readonly string[]>(values: T) =>
  z.enum(values, { error: `use one of ${values.join(', ')}` })

const levels = ['informational', 'low', 'medium', 'high', 'critical'] as const
const level = oneOf(levels)

const bounds = {
  gt: number.optional(),
  gte: number.optional(),
  lt: number.optional(),
  lte: number.optional(),
  eq: number.optional(),
}

const callSchema = z.record(z.string(), z.unknown(), { error: 'a call is a map of its fields' })

const testSchema = z.strictObject({
  name: name.describe('What the test shows, in a few words'),
  calls: z.array(callSchema, { error: 'list the calls' }).min(1, 'list at least one call'),
  findings: z.int().min(1).optional().describe('How many final findings there must be; at least one if left out'),
  level: level.optional().describe('The severity of the worst finding'),
})

/** What agenttrail adds to a rule. Other Sigma tools pass it over as a custom field. */
const agenttrailSchema = z.strictObject({
  confidence: number.min(0, 'from 0 to 1').max(1, 'from 0 to 1').optional(),
  eager: z.boolean({ error: 'write true or false' }).optional(),
  provisional: z
    .boolean({ error: 'write true or false' })
    .optional()
    .describe('false: only final findings, for what later evidence usually takes away'),
  response: z.array(oneOf(['flag', 'page', 'hold', 'revoke']), { error: 'list responses' }).optional(),
  severity: z
    .array(z.strictObject({ level, ...bounds, rules: z.array(name).optional() }), { error: 'list the steps' })
    .optional()
    .describe('Worse levels, and the measured value or the rules that a call must match for each'),
  sentence: text.optional().describe('One sentence with {who}, {count}, {timespan} and names of fields'),
  measure: name.optional().describe('What is counted, in the plural: denies'),
  timespan: timespan.optional().describe('For a rule without correlation: findings within it are one'),
  'group-by': z.array(name).optional().describe('For a rule without correlation'),
  defaults: callSchema.optional().describe('Fields that every call of the tests has'),
  tests: z
    .strictObject({ fires: z.array(testSchema).optional(), quiet: z.array(testSchema).optional() })
    .optional()
    .describe('Calls for which it must find something, and calls for which it must not'),
  placeholders: z.record(z.string(), z.array(text)).optional().describe('Values of %name% for the modifier expand'),
  'tool-classes': z
    .array(
      z.strictObject({
        tools: z.array(name, { error: 'list names of tools' }).min(1, 'name a tool'),
        classes: z.array(oneOf(toolClassNames), { error: 'list classes' }),
      }),
      { error: 'list tools and their classes' },
    )
    .optional()
    .describe('What tools do: of several entries that name a tool the last counts'),
  budget: z
    .strictObject({ rows: z.int().positive().optional(), seconds: number.positive().optional() })
    .optional()
    .describe('What a backtest over one day may cost'),
})

const common = {
  title: text.min(1, 'say in a few words what it detects').max(256, 'at most 256 characters'),
  id: name.optional(),
  name: name.optional(),
  status: oneOf(['stable', 'test', 'experimental', 'deprecated', 'unsupported']).optional(),
  description: text.optional(),
  license: text.optional(),
  author: text.optional(),
  references: z.array(text, { error: 'list the references' }).optional(),
  date: text.optional(),
  modified: text.optional(),
  falsepositives: oneOrMore.optional(),
  level: level.optional(),
  tags: z.array(text, { error: 'list the tags' }).optional(),
  agenttrail: agenttrailSchema.optional(),
}

const logsource = z.looseObject(
  { category: text.optional(), product: text.optional(), service: text.optional(), definition: text.optional() },
  { error: 'a logsource is a map with category, product or service' },
)

const searches = z.record(z.string(), z.unknown(), { error: 'a map of search identifiers and a condition' })

/** A rule about one call. */
export const detectionSchema = z.looseObject({ ...common, logsource, detection: searches })

const condition = z.looseObject({
  ...bounds,
  field: z.union([name, z.array(name)]).optional(),
  percentile: number.gt(0, 'above 0').max(100, 'at most 100').optional(),
})

export const correlationTypes = [
  'event_count',
  'value_count',
  'temporal',
  'temporal_ordered',
  'value_sum',
  'value_avg',
  'value_percentile',
  'new_value',
  'baseline',
  'absence',
] as const

/** A rule about several calls. */
export const correlationSchema = z.looseObject({
  ...common,
  correlation: z.strictObject({
    type: oneOf(correlationTypes),
    rules: z.union([name, z.array(name).min(1, 'name a rule')], { error: 'list the rules that it is about' }),
    'group-by': z.union([name, z.array(name)]).optional(),
    timespan,
    condition: z.union([text, condition], { error: 'a map such as gte: 10' }).optional(),
    field: z.union([name, z.array(name)]).optional(),
    aliases: z.record(z.string(), z.record(z.string(), name)).optional(),
    generate: z.boolean({ error: 'write true or false' }).optional(),
    between: z
      .strictObject({ without: z.array(name).min(1, 'name a rule') })
      .optional()
      .describe('temporal_ordered: no call between two steps matches these rules'),
    lookback: timespan.optional().describe('new_value and baseline: how far back the past counts'),
    'warm-up': timespan.optional().describe('new_value: for how long a group must be known'),
    deviations: number.positive().optional().describe('baseline: how many median deviations above the median'),
    'buckets-min': z.int().positive().optional().describe('baseline: how many timespans with calls must be known'),
  }),
  generate: z.boolean({ error: 'write true or false' }).optional(),
})

/** An exclusion that is added to rules. */
export const filterSchema = z.looseObject({ ...common, logsource, filter: searches })

/** Placeholders for all rules of a set. */
export const placeholdersSchema = z.looseObject({ ...common, agenttrail: agenttrailSchema })

/** Keys of ours that a mistyped one may have meant. */
export const ownKeys: readonly string[] = [
  ...Object.keys(agenttrailSchema.shape),
  ...Object.keys(correlationSchema.shape.correlation.shape),
  ...Object.keys(testSchema.shape),
  'fires',
  'quiet',
  'without',
]

export type DetectionDocument = z.infer<typeof detectionSchema>
export type CorrelationDocument = z.infer<typeof correlationSchema>
export type FilterDocument = z.infer<typeof filterSchema>
export type CommonDocument = Pick<DetectionDocument, keyof typeof common>
export type Level = (typeof levels)[number]
