import { z } from 'zod'
import { kafkaSettings } from './config-kafka.ts'
import { nonEmptyText } from './config-values.ts'

const name = (what: string) => nonEmptyText(`give ${what}`)

const common = {
  format: name('the name of a format, or auto').prefault('auto'),
  /** `''` = the path, `stdin`, or the topic. */
  source: z.string({ error: 'use text' }).prefault(''),
  realm: name('the realm that its records belong to').prefault('default'),
}
const file = z.strictObject({ type: z.literal('file'), path: name('the path of the file to follow'), ...common })
const stdin = z.strictObject({ type: z.literal('stdin'), ...common })

const kafkaTopic = z.strictObject({ topic: name('the name of a topic'), ...common })
const kafka = z.strictObject({
  type: z.literal('kafka'),
  /** The consumer group: processes of one group share the partitions. */
  group: name('the name of a consumer group').prefault('agenttrail'),
  topics: z.array(kafkaTopic, { error: 'use a list of topics' }).min(1, { error: 'name at least one topic' }),
  ...kafkaSettings,
})

/** One entry of `collectors`: where records come from by themselves. */
const collectorSchema = z.discriminatedUnion('type', [file, stdin, kafka], {
  error: (issue) => (issue.code === 'invalid_union' ? 'use file, stdin or kafka' : undefined),
})

export const collectorsSchema = z
  .array(collectorSchema, { error: 'use a list of collectors' })
  .refine((collectors) => collectors.filter(({ type }) => type === 'stdin').length <= 1, {
    error: 'there is only one standard input; keep one collector of type stdin',
  })
