import type { ActivityEvent, Layer } from '../../../src/event/event.ts'
import type { OtlpItem } from './item.ts'
import type { Operation } from './operation.ts'

/** Software whose telemetry is told by its resource or scope, and how its words differ from the conventions'. */
export interface OtlpProduct {
  readonly name: string
  readonly layer: Layer
  readonly fits: (item: OtlpItem) => boolean
  /** What was asked for, where the conventions' words do not say it; `undefined` if the item is of no request. */
  readonly operation?: (item: OtlpItem) => Operation | undefined
  /** What came of the request, where the conventions' words do not say it. */
  readonly readOutcome?: (event: ActivityEvent, item: OtlpItem) => void
  /** Corrects and completes an event that has been read by the conventions. */
  readonly complete: (event: ActivityEvent, item: OtlpItem, operation: Operation) => void
}
