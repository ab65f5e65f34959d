import { type OtherPaths, problemResponse } from './openapi.ts'

const me = {
  type: 'object',
  required: ['name', 'roles', 'realms', 'mode'],
  properties: {
    name: { type: 'string' },
    roles: { type: 'array', items: { type: 'string' } },
    realms: { description: 'all, or the realms that may be entered', type: ['string', 'array'] },
    mode: { type: 'string', description: 'How callers are told apart: AGENTTRAIL_AUTH' },
  },
}

const meAnswer = {
  200: { description: 'Who asks', content: { 'application/json': { schema: me } } },
  default: problemResponse,
}

const tokenBody = { type: 'object', required: ['token'], properties: { token: { type: 'string' } } }

/** The paths that say who asks. */
export const loginPaths: OtherPaths = {
  '/api/v1/me': {
    get: {
      summary: 'Who asks, with roles and realms',
      tags: ['access'],
      operationId: 'getMe',
      responses: meAnswer,
    },
  },
  '/api/v1/login': {
    post: {
      summary: "Keeps a token in a cookie that no script reads: the console's way to sign in",
      tags: ['access'],
      operationId: 'postLogin',
      requestBody: { required: true, content: { 'application/json': { schema: tokenBody } } },
      responses: meAnswer,
    },
  },
  '/api/v1/logout': {
    post: {
      summary: 'Takes the cookie away',
      tags: ['access'],
      operationId: 'postLogout',
      responses: { 204: { description: 'It is gone' } },
    },
  },
}
