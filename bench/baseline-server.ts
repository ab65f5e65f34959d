import { Agent, type AgentOptions } from 'node:http'
import { createClient } from '@clickhouse/client'
import Fastify from 'fastify'
import { z } from 'zod'
import { startEngine } from '../src/engine/supervisor.ts'

/**
 * What one would write first: parse each line, check its shape, insert the batch as JSON rows, answer. The same kind of
 * engine, the same raw line kept; no log, no correlation, no detection. Started by the benchmark as a process of its own.
 */
const line = z.looseObject({
  time: z.string(),
  message: z.string(),
  service: z.string().optional(),
  'request-id': z.string(),
  'session-id': z.string().optional(),
  user: z.string().optional(),
  email: z.string().optional(),
  method: z.string(),
  path: z.string(),
  host: z.string().optional(),
  'mcp-method': z.string().optional(),
  'mcp-tool': z.string().optional(),
  'mcp-tool-parameters': z.record(z.string(), z.unknown()).optional(),
  'upstream-cluster': z.string().optional(),
  'response-code': z.number().optional(),
  duration: z.number().optional(),
  allow: z.boolean().optional(),
  deny: z.boolean().optional(),
  'allow-why-true': z.array(z.string()).optional(),
  'deny-why-true': z.array(z.string()).optional(),
  headers: z.record(z.string(), z.string()).optional(),
})

const table = `
  CREATE TABLE IF NOT EXISTS activity (
    time DateTime, message LowCardinality(String), request_id String, session_id String, user LowCardinality(String),
    email LowCardinality(String), http_method LowCardinality(String), path String, host LowCardinality(String),
    mcp_method LowCardinality(String), tool LowCardinality(String), arguments String, cluster LowCardinality(String),
    status UInt16, duration_ms Float64, decision LowCardinality(String), reasons Array(LowCardinality(String)),
    mcp_session_id String, traceparent String, user_agent LowCardinality(String), raw String
  ) ENGINE = MergeTree ORDER BY (time, request_id)`

type Line = z.infer<typeof line>

const rowOf = (raw: string): Readonly<Record<string, unknown>> => {
  const parsed = line.parse(JSON.parse(raw))
  return {
    time: parsed.time.slice(0, 19).replace('T', ' '),
    message: parsed.message,
    request_id: parsed['request-id'],
    http_method: parsed.method,
    path: parsed.path,
    ...(parsed.message === 'authorize check' ? decisionOf(parsed) : accessOf(parsed)),
    raw,
  }
}

const decisionOf = (parsed: Line): Readonly<Record<string, unknown>> => ({
  session_id: parsed['session-id'],
  user: parsed.user,
  email: parsed.email,
  host: parsed.host,
  mcp_method: parsed['mcp-method'],
  tool: parsed['mcp-tool'],
  arguments: JSON.stringify(parsed['mcp-tool-parameters'] ?? {}),
  decision: parsed.allow === true && parsed.deny !== true ? 'allow' : 'deny',
  reasons: parsed['deny-why-true'] ?? parsed['allow-why-true'] ?? [],
  mcp_session_id: parsed.headers?.['Mcp-Session-Id'],
  traceparent: parsed.headers?.['Traceparent'],
  user_agent: parsed.headers?.['User-Agent'],
})

const accessOf = (parsed: Line): Readonly<Record<string, unknown>> => ({
  session_id: parsed.headers?.['x-pomerium-claim-sid'],
  user: parsed.headers?.['x-pomerium-claim-user'],
  email: parsed.headers?.['x-pomerium-claim-email'],
  host: parsed.headers?.['x-forwarded-host'],
  cluster: parsed['upstream-cluster'],
  status: parsed['response-code'],
  duration_ms: parsed.duration,
  mcp_session_id: parsed.headers?.['mcp-session-id'],
  traceparent: parsed.headers?.['traceparent'],
})

const engine = startEngine({ dataDir: process.env['AGENTTRAIL_DATA_DIR'] ?? '', env: process.env })
await engine.ready
// In the types `socketPath` belongs to the request; at run time the agent hands it on.
const agentOptions = { socketPath: engine.socketPath, keepAlive: true } as AgentOptions
const client = createClient({
  url: 'http://localhost',
  http_agent: new Agent(agentOptions),
})
await client.command({ query: table })

const app = Fastify({ bodyLimit: 16 * 1024 * 1024 })
app.addContentTypeParser('application/x-ndjson', { parseAs: 'string' }, (_request, body, done) => done(null, body))
app.get('/health/live', () => ({ status: 'ok' }))
app.get('/count', async () => {
  const result = await client.query({ query: 'SELECT count() AS n FROM activity', format: 'JSONEachRow' })
  return (await result.json<{ n: string }>())[0]
})
app.post('/v1/records', async (request) => {
  const values = String(request.body)
    .split('\n')
    .filter((raw) => raw !== '')
    .map(rowOf)
  await client.insert({ table: 'activity', values, format: 'JSONEachRow' })
  return { accepted: values.length }
})
const [host = '', port = ''] = (process.env['AGENTTRAIL_HTTP_ADDRESS'] ?? '').split(':')
await app.listen({ host, port: Number(port) })

process.on('SIGTERM', () => {
  void app
    .close()
    .then(() => client.close())
    .then(() => engine.stop())
    .then(() => process.exit(0))
})
