import { z } from 'zod'

/** The settings that may stand at `path`, of every variant that the schema has there. */
export const knownKeys = (schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] => {
  const [key, ...rest] = path
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) return knownKeys(schema.def.innerType, path)
  if (schema instanceof z.ZodPipe) return knownKeys(schema.def.in, path)
  if (schema instanceof z.ZodArray) return knownKeys(schema.element, rest)
  if (schema instanceof z.ZodDiscriminatedUnion) {
    return [...new Set(schema.options.flatMap((option) => knownKeys(option, path)))]
  }
  if (!(schema instanceof z.ZodObject)) return []
  if (key === undefined) return Object.keys(schema.shape)
  const inner: z.core.$ZodType | undefined = schema.shape[String(key)]
  return inner === undefined ? [] : knownKeys(inner, rest)
}
