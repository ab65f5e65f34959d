import type { Format } from '../src/ingest/format.ts'
import { agenttrail } from './formats/agenttrail.ts'
import { pomerium } from './formats/pomerium.ts'

/** Every format there is, in the order in which `auto` asks them. */
export const formats: readonly Format[] = [agenttrail, pomerium]

/** What a source or a request may name as its format. */
export const formatNames: readonly string[] = ['auto', ...formats.map((format) => format.name)]
