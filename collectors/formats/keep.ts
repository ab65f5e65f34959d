import type { ActivityEvent } from '../../src/event/event.ts'
import { flatten } from '../../src/event/flatten.ts'

/** Keeps a value that no field takes. */
export const keep = (event: ActivityEvent, path: string, value: unknown): void =>
  flatten(event.attributes as Record<string, string>, path, value)
