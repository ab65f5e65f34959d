import protobuf from 'protobufjs'

/**
 * Pomerium's messages as its own protos spell them (with fields that the product does not know), so that field numbers
 * are checked against this text and not against the product's.
 */
const protos = protobuf.parse(
  `syntax = "proto3";
  message Timestamp { int64 seconds = 1; int32 nanos = 2; }
  message Duration { int64 seconds = 1; int32 nanos = 2; }
  message Any { string type_url = 1; bytes value = 2; }
  message Record { uint64 version = 1; string type = 2; string id = 3; Any data = 4; Timestamp modified_at = 5; Timestamp deleted_at = 6; }
  message Versions { uint64 server_version = 1; uint64 latest_record_version = 2; }
  message Options { optional uint64 capacity = 1; repeated string indexable_fields = 2; optional Duration ttl = 3; }
  message TypedOptions { string typeURL = 1; Options options = 2; }
  message GetRequest { string type = 1; string id = 2; }
  message GetResponse { Record record = 1; }
  message PutRequest { repeated Record records = 1; }
  message PutResponse { uint64 server_version = 1; repeated Record records = 2; }
  message SyncRequest { uint64 server_version = 1; uint64 record_version = 2; string type = 3; optional bool wait = 4; }
  message SyncResponse { oneof response { Record record = 1; TypedOptions options = 2; } }
  message SyncLatestRequest { string type = 1; }
  message SyncLatestResponse { oneof response { Record record = 1; Versions versions = 2; TypedOptions options = 3; } }
  message Session { string version = 1; string id = 2; string user_id = 3; Timestamp expires_at = 4; repeated string audience = 10; Timestamp issued_at = 14; optional string impersonate_session_id = 15; Timestamp accessed_at = 18; bool refresh_disabled = 19; string idp_id = 20; string later_addition = 99; }
  message MCPRefreshToken { string id = 1; string user_id = 2; string client_id = 3; string idp_id = 4; string upstream_refresh_token = 5; Timestamp issued_at = 6; Timestamp expires_at = 7; repeated string scopes = 8; bool revoked = 9; }
  message User { string version = 1; string id = 2; string name = 3; string email = 4; }
  message AuthorizationRequest { string client_id = 1; optional string redirect_uri = 2; string response_type = 3; string code_challenge = 6; string session_id = 8; }
  message Metadata { repeated string redirect_uris = 1; optional string client_name = 5; }
  message ClientRegistration { Metadata request_metadata = 1; Metadata response_metadata = 2; }`,
).root

export interface PomeriumAny {
  readonly typeUrl: string
  readonly value: Uint8Array
}

export const pomeriumMessage = (name: string): protobuf.Type => protos.lookupType(name)

const typeUrls = {
  Session: 'type.googleapis.com/session.Session',
  MCPRefreshToken: 'type.googleapis.com/oauth21.MCPRefreshToken',
  AuthorizationRequest: 'type.googleapis.com/oauth21.AuthorizationRequest',
  ClientRegistration: 'type.googleapis.com/ietf.rfc7591.v1.ClientRegistration',
  User: 'type.googleapis.com/user.User',
} as const

export type PomeriumType = keyof typeof typeUrls

export const typeUrlOf = (name: PomeriumType): string => typeUrls[name]

export const encodeData = (name: PomeriumType, fields: object): PomeriumAny => ({
  typeUrl: typeUrls[name],
  value: pomeriumMessage(name).encode(fields).finish(),
})

export const decodeData = (name: PomeriumType, data: PomeriumAny): Readonly<Record<string, unknown>> =>
  pomeriumMessage(name).toObject(pomeriumMessage(name).decode(data.value), { longs: Number })

export const timestamp = (timeMs: number): { readonly seconds: number; readonly nanos: number } => ({
  seconds: Math.floor(timeMs / 1000),
  nanos: (timeMs % 1000) * 1_000_000,
})

export const millisOf = (value: unknown): number => {
  const { seconds = 0, nanos = 0 } = (value ?? {}) as { seconds?: number; nanos?: number }
  return Number(seconds) * 1000 + nanos / 1_000_000
}
