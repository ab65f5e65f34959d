import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openAccess } from '../../src/api/access.ts'
import { loadConfig } from '../../src/config.ts'
import { createOtlpIntake } from '../../src/run/otlp-intake.ts'
import { type RunningServer, startServer } from '../../src/run/serve.ts'
import { finishedSpan } from '../fakes/otlp-spans.ts'

// Goal: what is sent over OTLP becomes calls of a running server, once, however often and in whatever encoding it comes.
// Method: a whole server with its engine; the SDK's own serializers make the bodies.

let server: RunningServer
let dataDir: string

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'agenttrail-otlp-'))
  server = await startServer(
    loadConfig({
      env: {
        AGENTTRAIL_DATA_DIR: dataDir,
        AGENTTRAIL_HTTP_ADDRESS: '127.0.0.1:0',
        AGENTTRAIL_OTLP_ADDRESS: '127.0.0.1:0',
        AGENTTRAIL_LOG_LEVEL: 'error',
      },
    }),
  )
})
afterAll(async () => {
  await server.stop()
  await rm(dataDir, { recursive: true, force: true })
})

const get = async (path: string): Promise<Record<string, unknown>> =>
  (await fetch(`${server.url}/api/v1${path}`)).json() as Promise<Record<string, unknown>>

const outcomes = async (): Promise<Record<string, number>> => {
  const { records } = (await get('/status')) as { records: Record<string, Record<string, number>> }
  return records['otlp-json'] ?? {}
}

const attributes = { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'delete_repo', 'jsonrpc.request.id': '7' }
const spans = ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb'].map((spanId) =>
  finishedSpan({ name: 'tools/call delete_repo', spanId, attributes: { ...attributes, 'jsonrpc.request.id': spanId } }),
)

const send = async (encoding: 'json' | 'x-protobuf', sent: typeof spans): Promise<number> => {
  const serializer = encoding === 'json' ? JsonTraceSerializer : ProtobufTraceSerializer
  const answer = await fetch(`${server.otlpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': `application/${encoding}` },
    body: Buffer.from(serializer.serializeRequest(sent) ?? []),
  })
  return answer.status
}

describe('a running server', () => {
  it('makes one call of each span, whatever batch and encoding it comes in', async () => {
    expect(await send('x-protobuf', spans)).toBe(200)
    expect(await send('json', spans)).toBe(200)
    expect(await send('json', spans.slice(1))).toBe(200)
    await expect.poll(outcomes, { timeout: 20_000 }).toMatchObject({ stored: 2, duplicate: 3, rejected: 0 })
    await expect
      .poll(async () => ((await get('/calls')) as { items: unknown[] }).items.length, { timeout: 30_000 })
      .toBe(2)
    expect(await get('/calls')).toMatchObject({
      items: spans.map(() => ({
        tool: 'delete_repo',
        traceId: '5b8efff798038103d269b633813fc60c',
        decision: 'not_evaluated',
        outcome: 'success',
        layers: [{ layer: 'trace', product: 'opentelemetry' }],
      })),
    })
  })
})

describe('an address that something else has', () => {
  const createIntake = async (isChosen: boolean) => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const warnings: unknown[] = []
    const intake = createOtlpIntake({
      access: openAccess,
      config: {
        otlpAddress: { host: '127.0.0.1', port },
        origins: [
          { setting: 'otlpAddress', variable: '', value: '', from: isChosen ? 'AGENTTRAIL_OTLP_ADDRESS' : 'default' },
        ],
      },
      intake: { append: () => Promise.reject(new Error('unused')), hasRoom: () => true, retryAfterSeconds: 1 },
      bodyBytesMax: 1024,
      onAnswered: () => undefined,
      log: { warn: (fields: unknown) => warnings.push(fields), error: () => undefined } as never,
    })
    return { other, intake, warnings }
  }

  it('is an error where somebody chose it', async () => {
    const { other, intake } = await createIntake(true)
    await expect(intake.start()).rejects.toMatchObject({ code: 'AGT_ADDRESS_IN_USE' })
    other.close()
  })

  it('is gone without where nobody did, and it is said', async () => {
    const { other, intake, warnings } = await createIntake(false)
    await intake.start()
    expect(intake.url()).toBeNull()
    expect(warnings).toHaveLength(1)
    await intake.stop()
    other.close()
  })
})
