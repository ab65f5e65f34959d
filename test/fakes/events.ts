import { type ActivityEvent, emptyEvent } from '../../src/event/event.ts'

export const secondUs = 1_000_000

let made = 0

/** A proxy's decision about a tool call, as far as a test does not say otherwise. */
export const makeEvent = (part: Partial<ActivityEvent> = {}): ActivityEvent => {
  made += 1
  return {
    ...emptyEvent(),
    eventId: `event-${made}`,
    realm: 'default',
    layer: 'proxy',
    product: 'pomerium',
    source: 'proxy',
    sourcePosition: made,
    kind: 'decision',
    method: 'tools/call',
    decision: 'allow',
    decisionBasis: 'explicit',
    timeUs: 1_764_000_000 * secondUs,
    timePrecisionUs: 1,
    ...part,
  }
}
