import protobuf from 'protobufjs/light.js'

const { Root } = protobuf

const text = (id: number) => ({ type: 'string', id })
const time = (id: number) => ({ type: 'Timestamp', id })

/**
 * What is used of Pomerium's `databroker.DataBrokerService` and of the records that it keeps (pomerium/pomerium,
 * pkg/grpc/databroker, pkg/grpc/session, internal/oauth21, internal/rfc7591), with their field numbers. Payloads are only
 * read by these: written in this form they would lose every field that is not here, secrets of the login among them.
 */
const root = Root.fromJSON({
  nested: {
    Timestamp: { fields: { seconds: { type: 'int64', id: 1 }, nanos: { type: 'int32', id: 2 } } },
    Any: { fields: { typeUrl: text(1), value: { type: 'bytes', id: 2 } } },
    Record: {
      fields: {
        version: { type: 'uint64', id: 1 },
        type: text(2),
        id: text(3),
        data: { type: 'Any', id: 4 },
        modifiedAt: time(5),
        deletedAt: time(6),
      },
    },
    Versions: { fields: { serverVersion: { type: 'uint64', id: 1 }, latestRecordVersion: { type: 'uint64', id: 2 } } },
    GetRequest: { fields: { type: text(1), id: text(2) } },
    GetResponse: { fields: { record: { type: 'Record', id: 1 } } },
    PutRequest: { fields: { records: { rule: 'repeated', type: 'Record', id: 1 } } },
    PutResponse: { fields: { serverVersion: { type: 'uint64', id: 1 } } },
    SyncRequest: {
      fields: {
        serverVersion: { type: 'uint64', id: 1 },
        recordVersion: { type: 'uint64', id: 2 },
        type: text(3),
      },
    },
    SyncResponse: { fields: { record: { type: 'Record', id: 1 } } },
    SyncLatestRequest: { fields: { type: text(1) } },
    SyncLatestResponse: { fields: { record: { type: 'Record', id: 1 }, versions: { type: 'Versions', id: 2 } } },
    // What records hold.
    Session: { fields: { id: text(2), userId: text(3), expiresAt: time(4), issuedAt: time(14) } },
    RefreshToken: { fields: { id: text(1), userId: text(2), clientId: text(3), revoked: { type: 'bool', id: 9 } } },
    User: { fields: { id: text(2), email: text(4) } },
    AuthorizationRequest: { fields: { clientId: text(1), sessionId: text(8) } },
    ClientMetadata: { fields: { clientName: text(5) } },
    ClientRegistration: { fields: { requestMetadata: { type: 'ClientMetadata', id: 1 } } },
  },
})

type MessageName =
  | 'Timestamp'
  | 'GetRequest'
  | 'GetResponse'
  | 'PutRequest'
  | 'PutResponse'
  | 'SyncRequest'
  | 'SyncResponse'
  | 'SyncLatestRequest'
  | 'SyncLatestResponse'
  | 'Session'
  | 'RefreshToken'
  | 'User'
  | 'AuthorizationRequest'
  | 'ClientRegistration'

/** Types of messages by name; what is written in this file is all there are. */
export const databrokerMessage = (name: MessageName): protobuf.Type => root.lookupType(name)
