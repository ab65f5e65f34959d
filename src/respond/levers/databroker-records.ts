import protobuf from 'protobufjs/light.js'
import { databrokerMessage } from './databroker-messages.ts'

const { Reader, Writer } = protobuf

/** A 64-bit number as the protocol's library reads it: one that JavaScript's numbers cannot hold stays what it is. */
export type Version = object | number

/** A record of Pomerium's databroker. `data` is kept as it came: it is written back unread. */
export interface DatabrokerRecord {
  readonly version: Version
  readonly type: string
  readonly id: string
  readonly data: { readonly typeUrl: string; readonly value: Uint8Array } | null
  readonly deletedAt: object | null
}

/** The types of records that say who is who. */
export const recordTypes = {
  session: 'type.googleapis.com/session.Session',
  refreshToken: 'type.googleapis.com/oauth21.MCPRefreshToken',
  authorizationRequest: 'type.googleapis.com/oauth21.AuthorizationRequest',
  clientRegistration: 'type.googleapis.com/ietf.rfc7591.v1.ClientRegistration',
  user: 'type.googleapis.com/user.User',
} as const

export interface DatabrokerSession {
  readonly id: string
  readonly userId: string
  /** null where it has no end. */
  readonly expiresAtMs: number | null
  readonly issuedAtMs: number
}

/** Null for a record without data. */
export const readSession = ({ id, data }: DatabrokerRecord): DatabrokerSession | null => {
  const session = decode('Session', data)
  if (session === null) return null
  const expiresAt = session['expiresAt']
  return {
    id,
    userId: textOf(session['userId']),
    expiresAtMs: expiresAt === undefined ? null : millisecondsOf(expiresAt),
    issuedAtMs: millisecondsOf(session['issuedAt']),
  }
}

export interface DatabrokerRefreshToken {
  readonly id: string
  readonly userId: string
  readonly clientId: string
  readonly isRevoked: boolean
}

export const readRefreshToken = ({ id, data }: DatabrokerRecord): DatabrokerRefreshToken | null => {
  const token = decode('RefreshToken', data)
  if (token === null) return null
  const { userId, clientId, revoked } = token
  return { id, userId: textOf(userId), clientId: textOf(clientId), isRevoked: revoked === true }
}

/** The address that a user signed in with. */
export const readEmail = ({ data }: DatabrokerRecord): string => textOf(decode('User', data)?.['email'])

/** Which client asks for which session: the only record that names both. It lives minutes. */
export const readAuthorizationRequest = ({
  data,
}: DatabrokerRecord): { readonly clientId: string; readonly sessionId: string } | null => {
  const request = decode('AuthorizationRequest', data)
  return request && { clientId: textOf(request['clientId']), sessionId: textOf(request['sessionId']) }
}

/** The name that a client registered itself by. */
export const readClientName = ({ data }: DatabrokerRecord): string => {
  const metadata = decode('ClientRegistration', data)?.['requestMetadata'] as { clientName?: string } | undefined
  return textOf(metadata?.clientName)
}

/** The same record, deleted. Its data stay: Pomerium reads them once more to tell others what is gone. */
export const deletedRecord = (record: DatabrokerRecord, nowMs: number): DatabrokerRecord => ({
  ...record,
  deletedAt: timestampOf(nowMs),
})

/** The same session, over at `expiresAtMs`; its other fields keep their bytes, also those that are not known here. */
export const expiredSession = (record: DatabrokerRecord, expiresAtMs: number): DatabrokerRecord => {
  if (record.data === null) return record
  const end = Writer.create()
    .uint32(expiresAtTag)
    .bytes(databrokerMessage('Timestamp').encode(timestampOf(expiresAtMs)).finish())
    .finish()
  return { ...record, data: { ...record.data, value: Buffer.concat([...withoutExpiry(record.data.value), end]) } }
}

/** Field 4, length-delimited. */
const expiresAtTag = (4 << 3) | 2

/** The message's fields but `expires_at`: one that stood there twice would be merged of both. */
const withoutExpiry = (message: Uint8Array): readonly Uint8Array[] => {
  const reader = Reader.create(message)
  const kept: Uint8Array[] = []
  while (reader.pos < reader.len) {
    const from = reader.pos
    const tag = reader.uint32()
    reader.skipType(tag & 7)
    if (tag !== expiresAtTag) kept.push(message.subarray(from, reader.pos))
  }
  return kept
}

const timestampOf = (timeMs: number): { readonly seconds: number; readonly nanos: number } => ({
  seconds: Math.floor(timeMs / 1000),
  nanos: (timeMs % 1000) * 1_000_000,
})

const millisecondsOf = (timestamp: unknown): number => {
  const { seconds = 0, nanos = 0 } = (timestamp ?? {}) as { seconds?: unknown; nanos?: number }
  return Number(seconds) * 1000 + Math.floor(nanos / 1_000_000)
}

/** Bytes that are no such message are a record that says nothing. */
const decode = (
  name: 'Session' | 'RefreshToken' | 'User' | 'AuthorizationRequest' | 'ClientRegistration',
  data: DatabrokerRecord['data'],
): Readonly<Record<string, unknown>> | null => {
  if (data === null) return null
  const type = databrokerMessage(name)
  try {
    return type.toObject(type.decode(data.value), { longs: Number })
  } catch {
    return null
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
