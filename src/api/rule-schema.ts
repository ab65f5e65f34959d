import { z } from 'zod'

const texts = z.array(z.string())

/** A rule as lists show it. */
export const ruleSchema = z
  .strictObject({
    id: z.string(),
    title: z.string(),
    description: z.string(),
    severity: z.string(),
    state: z.enum(['active', 'shadow', 'off']),
    confidence: z.number(),
    eager: z.boolean(),
    response: texts,
    tags: texts,
    falsePositives: texts,
    references: texts,
    file: z.string(),
    version: z.string().describe('Changes with everything that decides what the rule finds'),
    tests: z.strictObject({ fires: texts, quiet: texts }).describe('What the tests show that the file holds'),
  })
  .meta({ id: 'Rule' })

export const ruleDetailSchema = ruleSchema
  .extend({ source: z.string().describe('The file as it is') })
  .meta({ id: 'RuleDetail' })

/** A rule of the set that the server works by, with its file's text. */
export type RuleShape = z.infer<typeof ruleDetailSchema>
