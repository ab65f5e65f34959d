import { z } from 'zod'
import { correlationSchema, detectionSchema, filterSchema, placeholdersSchema } from './document-schema.ts'

const jsonSchema = (schema: z.ZodType): object => {
  const { $schema: _schema, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' })
  return rest
}

/** JSON Schema of one document of a rule file, for editors: which kind it is follows from the section that it has. */
export const ruleJsonSchema = (): object => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: '/schemas/rule.json',
  title: 'A rule of agenttrail: Sigma 2.1 with the section agenttrail',
  if: { required: ['correlation'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
  then: jsonSchema(correlationSchema),
  else: {
    if: { required: ['detection'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
    then: jsonSchema(detectionSchema),
    else: {
      if: { required: ['filter'] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
      then: jsonSchema(filterSchema),
      else: jsonSchema(placeholdersSchema),
    },
  },
})
