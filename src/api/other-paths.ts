import { decidePaths } from './decide-paths.ts'
import { loginPaths } from './login-paths.ts'
import { type OtherPaths, problemResponse } from './openapi.ts'
import { responsePaths } from './response-paths.ts'

const json = (description: string, schema: object = { type: 'object' }) => ({
  description,
  content: { 'application/json': { schema } },
})

const query = (name: string, description: string) => ({ name, in: 'query', description, schema: { type: 'string' } })

/** The paths that are no reads of the API. */
export const otherPaths: OtherPaths = {
  ...responsePaths,
  ...decidePaths,
  ...loginPaths,
  '/v1/records': {
    post: {
      summary: 'Sends records; 200 after they are durable',
      tags: ['intake'],
      operationId: 'postRecords',
      parameters: [
        query('format', 'A format, or auto'),
        query('source', 'The source that the records come from'),
        query('realm', 'The realm they belong to; default if absent'),
        { name: 'Idempotency-Key', in: 'header', schema: { type: 'string' }, description: 'Identifies the batch' },
      ],
      requestBody: {
        required: true,
        description: 'At most 16 MiB decompressed; gzip or zstd',
        content: {
          'application/x-ndjson': { schema: { type: 'string' } },
          'application/json': { schema: { type: 'array', items: { type: 'object' } } },
        },
      },
      responses: {
        200: json('The records are durable', {
          type: 'object',
          required: ['accepted', 'batchId', 'position'],
          properties: {
            accepted: { type: 'integer' },
            batchId: { type: 'string' },
            position: { type: 'string', description: 'partition:offset' },
          },
        }),
        default: problemResponse,
      },
    },
  },
  '/api/v1/live': {
    get: {
      summary: 'The status once a second, as server-sent events named status',
      tags: ['pipeline'],
      operationId: 'getLive',
      responses: { 200: { description: 'Events', content: { 'text/event-stream': { schema: { type: 'string' } } } } },
    },
  },
  '/api/v1/openapi.json': {
    get: {
      summary: 'This document',
      tags: ['documents'],
      operationId: 'getOpenApi',
      responses: { 200: json('OpenAPI 3.1') },
    },
  },
  '/schemas/decision-event.json': {
    get: {
      summary: 'JSON Schema of our own decision event',
      tags: ['documents'],
      operationId: 'getDecisionEventSchema',
      responses: {
        200: { description: 'Schema', content: { 'application/schema+json': { schema: { type: 'object' } } } },
      },
    },
  },
  '/schemas/rule.json': {
    get: {
      summary: 'JSON Schema of a rule file, for editors',
      tags: ['documents'],
      operationId: 'getRuleSchema',
      responses: {
        200: { description: 'Schema', content: { 'application/schema+json': { schema: { type: 'object' } } } },
      },
    },
  },
  '/health/live': {
    get: {
      summary: 'Whether the process is alive',
      tags: ['health'],
      operationId: 'getHealthLive',
      responses: { 200: json('Alive') },
    },
  },
  '/health/ready': {
    get: {
      summary: 'Whether everything works, with reasons if not',
      tags: ['health'],
      operationId: 'getHealthReady',
      responses: { 200: json('Ready'), 503: json('Not ready') },
    },
  },
  '/metrics': {
    get: {
      summary: 'Metrics for Prometheus',
      tags: ['health'],
      operationId: 'getMetrics',
      responses: {
        200: {
          description: 'Metrics',
          content: {
            'text/plain': { schema: { type: 'string' } },
            'application/openmetrics-text': { schema: { type: 'string' } },
          },
        },
      },
    },
  },
}
