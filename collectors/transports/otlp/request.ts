import type { JsonObject } from '../../../src/ingest/format.ts'

export type OtlpSignal = 'traces' | 'logs'

/** A span or log record as JSON; what cannot be one record of ours says why. */
export type OtlpRequestItem = { readonly value: JsonObject } | { readonly problem: string }

/** Spans or log records under one scope. `members` is what stands beside them. */
export interface OtlpScopeGroup {
  readonly members: JsonObject
  readonly items: Iterable<OtlpRequestItem>
}

/** What one resource sent. `members` is what stands beside its scopes. */
export interface OtlpResourceGroup {
  readonly members: JsonObject
  readonly scopes: Iterable<OtlpScopeGroup>
}

/** An export request in either encoding: read as it is walked, so that it is never in memory as a whole. */
export interface OtlpRequest {
  /** What stands beside the resources. */
  readonly members: JsonObject
  readonly resources: Iterable<OtlpResourceGroup>
}

/** The names that the JSON encoding has at each depth. */
export const levelNames = {
  traces: { resources: 'resourceSpans', scopes: 'scopeSpans', items: 'spans' },
  logs: { resources: 'resourceLogs', scopes: 'scopeLogs', items: 'logRecords' },
} as const satisfies Record<OtlpSignal, unknown>
