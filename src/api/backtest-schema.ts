import { z } from 'zod'
import type { FindingShape } from './read-model.ts'
import { findingSchema } from './response-schemas.ts'

/** What a backtest of a rule found and cost. */
export const backtestSchema = z
  .strictObject({
    ruleId: z.string(),
    from: z.string(),
    to: z.string(),
    readFrom: z.string().describe('Since when calls were read: what the rule looks back on comes before the range'),
    evaluable: z.boolean().describe('Whether stored calls can answer it; false with the reason'),
    reason: z.string(),
    findings: z.array(findingSchema).describe('As the rule would have found them, whatever its state'),
    truncated: z.boolean().describe('There are more findings than these'),
    rowsRead: z.number(),
    seconds: z.number(),
    budget: z
      .strictObject({ rowsMax: z.number().nullable(), secondsMax: z.number().nullable() })
      .describe("What the rule allows for the range's days"),
    withinBudget: z.boolean(),
  })
  .meta({ id: 'Backtest' })

export type BacktestShape = Omit<z.infer<typeof backtestSchema>, 'findings'> & {
  readonly findings: readonly FindingShape[]
}
