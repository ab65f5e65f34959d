/** What a snapshot of a realm keeps beside its tables. */
export interface RealmScalars {
  readonly watermarkUs: number
  readonly horizonUs: number
  readonly finalThroughUs: number
  readonly tickMs: number
  readonly respondedMs: number
  readonly lateEvents: number
  readonly forgottenCalls: number
  readonly finalForced: number
  readonly sessionsEvicted: number
  readonly sharedIdOverflows: number
  readonly usualLayersIgnored: number
  readonly flowsForgotten: number
  readonly hops: { readonly first: string; readonly hasSeveral: boolean }
  readonly dirtySessions: readonly string[]
}
