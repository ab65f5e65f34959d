import { type OtherPaths, problemResponse } from './openapi.ts'

const seconds = { type: 'integer', minimum: 1, description: 'It ends by itself after this long' }
const reason = { type: 'string', maxLength: 1024, description: 'Why; kept with the action' }

const parameters = (path: readonly object[]): readonly object[] => [
  ...path,
  { name: 'realm', in: 'query', schema: { type: 'string', default: 'default' }, description: 'The realm' },
  {
    name: 'Idempotency-Key',
    in: 'header',
    schema: { type: 'string', maxLength: 512 },
    description: 'The same command under the same key changes nothing, for a day',
  },
]

const body = (properties: object) => ({
  required: false,
  content: { 'application/json': { schema: { type: 'object', additionalProperties: false, properties } } },
})

const answer = (description: string, schema: object) => ({
  202: { description, content: { 'application/json': { schema } } },
  default: problemResponse,
})

const sessionId = { name: 'id', in: 'path', required: true, schema: { type: 'string' }, description: 'Session id' }

const sessionCommand = (operationId: string, summary: string) => ({
  post: {
    summary,
    tags: ['response'],
    operationId,
    parameters: parameters([sessionId]),
    requestBody: body({ reason, ttlSeconds: seconds, dryRun: { type: 'boolean', default: false } }),
    responses: answer('The action as it is now', { $ref: '#/components/schemas/Action' }),
  },
})

const targetCommand = {
  post: {
    summary: 'Flags, revokes or restores a session, or revokes or restores an agent, user or tool',
    tags: ['response'],
    operationId: 'postActions',
    parameters: parameters([]),
    requestBody: {
      ...body({
        type: { type: 'string', enum: ['flag', 'revoke', 'restore'] },
        target: { type: 'string', maxLength: 1024, description: 'session:<id>, agent:<id>, user:<id> or tool:<name>' },
        reason,
        ttlSeconds: seconds,
        dryRun: { type: 'boolean', default: false },
      }),
      required: true,
    },
    responses: answer('The action as it is now', { $ref: '#/components/schemas/Action' }),
  },
}

const switchCommand = (operationId: string, summary: string) => ({
  post: {
    summary,
    tags: ['response'],
    operationId,
    parameters: parameters([]),
    requestBody: body({ reason }),
    responses: answer('How the response stands now', { $ref: '#/components/schemas/Response' }),
  },
})

/** The paths of operators' commands. */
export const responsePaths: OtherPaths = {
  '/api/v1/sessions/{id}/flag': sessionCommand('postSessionsIdFlag', 'Marks a session'),
  '/api/v1/sessions/{id}/revoke': sessionCommand('postSessionsIdRevoke', 'Denies the requests of a session'),
  '/api/v1/sessions/{id}/restore': sessionCommand('postSessionsIdRestore', 'Takes back what was done to a session'),
  '/api/v1/actions': targetCommand,
  '/api/v1/response/pause': switchCommand('postResponsePause', 'Panic switch: nothing more leaves'),
  '/api/v1/response/resume': switchCommand('postResponseResume', 'Lets the response act again'),
}
