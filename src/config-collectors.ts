import { z } from 'zod'
import { nonEmptyText } from './config-values.ts'

const name = (what: string) => nonEmptyText(`give ${what}`)

const common = {
  format: name('the name of a format, or auto').prefault('auto'),
  /** `''` = the path, or `stdin`. */
  source: z.string({ error: 'use text' }).prefault(''),
  realm: name('the realm that its records belong to').prefault('default'),
}
const file = z.strictObject({ type: z.literal('file'), path: name('the path of the file to follow'), ...common })
const stdin = z.strictObject({ type: z.literal('stdin'), ...common })

/** One entry of `collectors`: where records come from by themselves. */
const collectorSchema = z.discriminatedUnion('type', [file, stdin], {
  error: (issue) => (issue.code === 'invalid_union' ? 'use file or stdin' : undefined),
})

export const collectorsSchema = z
  .array(collectorSchema, { error: 'use a list of collectors' })
  .refine((collectors) => collectors.filter(({ type }) => type === 'stdin').length <= 1, {
    error: 'there is only one standard input; keep one collector of type stdin',
  })
