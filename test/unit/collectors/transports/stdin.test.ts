import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createStdinTransport } from '../../../../collectors/transports/stdin.ts'
import { AgenttrailError } from '../../../../src/errors.ts'
import { type RecordBatch, recordBytesMax } from '../../../../src/ingest/transport.ts'

/** A writer that has as much to say as is read, in chunks as pipes give them. */
const endless = () => {
  const written = { bytes: 0 }
  const line = `${'x'.repeat(65_535)}\n`
  const stream = new Readable({
    read() {
      setImmediate(() => {
        written.bytes += line.length
        this.push(line)
      })
    },
  })
  return { stream, written }
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 200; turn += 1) await nextTurn()
}

it('reads nothing more while an append is under way', async () => {
  const { stream, written } = endless()
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  const append = async () => {
    await held
    return { partition: 0, offset: 1 }
  }
  const intake = { append, hasRoom: () => true, retryAfterSeconds: 0.01 }
  const transport = createStdinTransport({ intake, stream, format: 'auto', source: '', realm: 'default' })
  await transport.start()
  await settled()
  // One body, what is cut off it, and what the stream itself holds.
  expect(written.bytes).toBeGreaterThan(recordBytesMax - 65_536)
  expect(written.bytes).toBeLessThan(recordBytesMax + 3 * 65_536)
  release()
  await settled()
  expect(written.bytes).toBeGreaterThan(2 * recordBytesMax)
  await transport.stop()
})

it('appends the last line of an input that ends without a line end, and says that the server goes on', async () => {
  const batches: RecordBatch[] = []
  const said: string[] = []
  const append = async (batch: RecordBatch) => {
    batches.push(batch)
    return { partition: 0, offset: batches.length }
  }
  const transport = createStdinTransport({
    intake: { append, hasRoom: () => true, retryAfterSeconds: 0.01 },
    stream: Readable.from([Buffer.from('{"a":1}\n{"b"'), Buffer.from(':2}')]),
    format: 'pomerium',
    source: 'edge',
    realm: 'r',
    log: { info: (_fields, message) => said.push(message), warn: (_fields, message) => said.push(message) },
  })
  await transport.start()
  await settled()
  expect(batches).toMatchObject([
    { records: 2, transport: 'stdin', format: 'pomerium', source: 'edge', realm: 'r', identity: 'batch' },
  ])
  expect(Buffer.from(batches[0]?.body ?? []).toString()).toBe('{"a":1}\n{"b":2}')
  expect(said).toEqual(['standard input has ended; the server goes on'])
  await transport.stop()
  expect(batches).toHaveLength(1)
})

it('stops while the log is full, and says how many records were not taken', async () => {
  const warned: object[] = []
  const append = async () => {
    throw new AgenttrailError('AGT_LOG_FULL', 'full')
  }
  const transport = createStdinTransport({
    intake: { append, hasRoom: () => false, retryAfterSeconds: 3600 },
    stream: Readable.from([Buffer.from('{"a":1}\n{"b":2}\n')]),
    format: 'auto',
    source: '',
    realm: 'default',
    log: { info: () => undefined, warn: (fields) => warned.push(fields) },
  })
  await transport.start()
  await settled()
  await transport.stop()
  expect(warned).toMatchObject([{ records: 2 }])
})
