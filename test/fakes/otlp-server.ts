import { request } from 'node:http'
import { type AnsweredExport, createOtlpTransport } from '../../collectors/transports/otlp.ts'
import { createHostCheck } from '../../src/api/host-check.ts'
import type { RecordBatch } from '../../src/ingest/transport.ts'

export const mediaTypes = { json: 'application/json', protobuf: 'application/x-protobuf' } as const

/** The OTLP transport, listening, with an intake that a test directs. */
export const createOtlpServer = () => {
  const state = {
    batches: [] as RecordBatch[],
    answered: [] as AnsweredExport[],
    hasRoom: true,
    appendError: null as Error | null,
    appending: Promise.resolve(),
  }
  const transport = createOtlpTransport({
    intake: {
      append: async (batch) => {
        await state.appending
        if (state.appendError !== null) throw state.appendError
        state.batches.push(batch)
        return { partition: 0, offset: 1 }
      },
      hasRoom: () => state.hasRoom,
      retryAfterSeconds: 2,
    },
    address: { host: '127.0.0.1', port: 0 },
    bodyBytesMax: 4 << 20,
    checkHost: createHostCheck('127.0.0.1'),
    onAnswered: (answered) => state.answered.push(answered),
    log: { error: () => undefined },
  })
  const reset = (): void => {
    Object.assign(state, { batches: [], answered: [], hasRoom: true, appendError: null, appending: Promise.resolve() })
  }

  /** `fetch` would set `host` and `origin` by itself. */
  const post = (
    body: Uint8Array | string,
    {
      type = mediaTypes.json,
      path = '/v1/traces',
      headers = {},
    }: { type?: string; path?: string; headers?: object } = {},
  ) =>
    new Promise<{ status: number; type: string; retry: string; bytes: Buffer }>((resolve, reject) => {
      const sent = request(
        `${transport.url()}${path}`,
        { method: 'POST', headers: { 'content-type': type, ...headers } },
        async (response) => {
          const parts: Buffer[] = []
          for await (const part of response) parts.push(part)
          resolve({
            status: response.statusCode ?? 0,
            type: response.headers['content-type'] ?? '',
            retry: response.headers['retry-after'] ?? '',
            bytes: Buffer.concat(parts),
          })
        },
      )
      sent.on('error', reject)
      sent.end(body)
    })

  return { state, transport, reset, post }
}
