import type { OtherPaths } from './openapi.ts'

const message = {
  required: false,
  content: {
    'application/json': { schema: { type: 'object', description: 'The JSON-RPC message of an MCP request' } },
  },
}

const realm = { name: 'realm', in: 'query', schema: { type: 'string', default: 'default' }, description: 'The realm' }

/** The decision service, as gateways ask it. */
export const decidePaths: OtherPaths = {
  '/decide': {
    post: {
      summary: 'Whether a request may pass, for gateways that go by the status',
      tags: ['decisions'],
      operationId: 'postDecide',
      parameters: [realm],
      requestBody: message,
      responses: {
        200: { description: 'It may' },
        403: { description: 'Its session, agent, user, credential or tool is revoked' },
        503: { description: 'Not known yet, and the service is set to fail closed' },
      },
    },
  },
  '/decide/docker': {
    post: {
      summary: "For interceptors of Docker's MCP gateway: a body takes the place of the tool's result",
      tags: ['decisions'],
      operationId: 'postDecideDocker',
      parameters: [realm],
      requestBody: message,
      responses: { 200: { description: 'Empty: it may pass. Otherwise the result to answer with' } },
    },
  },
  '/decide/envoy/*': {
    get: {
      summary: 'Envoy ext_authz over HTTP, any method: set path_prefix to /decide/envoy',
      tags: ['decisions'],
      operationId: 'decideEnvoy',
      parameters: [realm],
      responses: {
        200: { description: 'It may pass' },
        403: { description: 'Denied' },
        503: { description: 'Not known yet' },
      },
    },
  },
}
