import type { CallRow } from '../../src/correlate/rows.ts'
import type { CallFact } from '../../src/detect/call-fact.ts'
import { makeCall } from './rows.ts'

/** The row of a call that rules see as this. */
export const callOfFact = (fact: CallFact): CallRow => makeCall({ ...fact, endTimeUs: fact.timeUs } as CallRow)
