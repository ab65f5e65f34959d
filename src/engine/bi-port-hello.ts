/** What clickhouse-go asks first, in a layout of blocks that the embedded engine does not write. */
const helloSql = 'SELECT displayName(), version(), revision(), timezone()'

/** From this protocol revision on a block begins with its info, and each column with how it is serialised. */
const customSerializationRevision = 54_454

export const isHello = (sql: string, protocolVersion: string): boolean =>
  sql.trim() === helloSql && Number(protocolVersion) >= customSerializationRevision

/** One row for it. Revision 0: the client then reads plain blocks, which is what the engine writes. */
export const helloBlock = (version: string): Buffer =>
  Buffer.concat([
    blockInfo,
    varint(4),
    varint(1),
    column('displayName()', 'String', text('agenttrail')),
    column('version()', 'String', text(version)),
    column('revision()', 'UInt32', Buffer.alloc(4)),
    column('timezone()', 'String', text('UTC')),
  ])

/** Field 1: no overflow. Field 2: no bucket, -1. End of fields. */
const blockInfo = Buffer.from([1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0])

const column = (name: string, type: string, data: Buffer): Buffer =>
  Buffer.concat([text(name), text(type), Buffer.from([0]), data])

const text = (value: string): Buffer => Buffer.concat([varint(Buffer.byteLength(value)), Buffer.from(value)])

/** Of a number below 2^14. */
const varint = (value: number): Buffer =>
  value < 128 ? Buffer.from([value]) : Buffer.from([(value & 127) | 128, value >> 7])
