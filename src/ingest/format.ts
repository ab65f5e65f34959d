import type { ActivityEvent } from '../event/event.ts'
import type { Outcome } from './outcome.ts'

/** Where a record came from: enough to identify it for ever and to order it among its source's records. */
export interface RecordOrigin {
  /** Identity of the record: `<source fingerprint or batch id>.<offset or ordinal>`. */
  readonly recordId: string
  readonly realm: string
  readonly source: string
  readonly sourcePosition: number
  readonly observedTimeUs: number
}

/** What a format may use besides the record itself. Pure: the same input gives the same output. */
export interface FormatContext {
  /** Keyed hash of a session token: `hmac:<key id>:<32 hex digits>`; `''` for `''`. */
  readonly sealToken: (token: string) => string
}

export interface FormatResult {
  readonly events: readonly ActivityEvent[]
  /** Values that must not stay in the stored line, with what takes their place (a keyed hash). */
  readonly sealed: readonly { readonly value: string; readonly replacement: string }[]
  /** The vendor's own id of the record, unique within product and source; `''` if it has none. Used to tell redeliveries. */
  readonly vendorId: string
}

/** A JSON object whose integers beyond 2^53 are `JSON.rawJSON` values (see `collectors/formats/parse-json.ts`). */
export type JsonObject = Readonly<Record<string, unknown>>

/** One vendor's records → canonical events. A pure function per record; it never throws on bad input. */
export interface Format {
  readonly name: string
  /** Whether `auto` should give this record to this format. Cheap: looks at a few keys only. */
  readonly recognises: (value: JsonObject) => boolean
  readonly read: (value: JsonObject, origin: RecordOrigin, context: FormatContext) => Outcome<FormatResult>
}
