import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { AgenttrailError } from '../errors.ts'
import { principalOf } from './authorise.ts'
import { RequestError } from './problem.ts'
import type { ActionShape } from './read-model.ts'
import { idParams, realmQuery } from './request-schemas.ts'
import type { CommandOutcome, OperatorCommand, ResponseControl } from './response-control.ts'

const ttlSecondsMax = 365 * 24 * 3600
const keyCharsMax = 512

const commandShape = {
  reason: z.string({ error: 'use text' }).max(1024, 'too long').prefault(''),
  ttlSeconds: z
    .int({ error: 'use whole seconds' })
    .min(1, 'at least one second')
    .max(ttlSecondsMax, 'at most a year')
    .optional(),
  dryRun: z.boolean({ error: 'use true or false' }).prefault(false),
}

const commandBody = z.strictObject(commandShape).prefault({})

const targetBody = z
  .strictObject({
    type: z.enum(['flag', 'revoke', 'restore'], { error: 'use flag, revoke or restore' }),
    target: z
      .string({ error: 'use text' })
      .max(1024, 'too long')
      .regex(/^(?:session|agent|user|tool):./, 'use session:<id>, agent:<id>, user:<id> or tool:<name>'),
    ...commandShape,
  })
  .refine(({ type, target }) => type !== 'flag' || target.startsWith('session:'), {
    path: ['target'],
    error: 'only a session can be flagged',
  })

const pauseBody = z
  .strictObject({ reason: z.string({ error: 'use text' }).max(1024, 'too long').prefault('') })
  .prefault({})

/** What operators may ask for: each answers `202` once the analyser has taken it in, with what became of it. */
export const addResponseRoutes = (api: FastifyInstance, deps: { readonly response: ResponseControl }): void => {
  const carryOut = async (asked: z.infer<typeof targetBody>, request: FastifyRequest): Promise<ActionShape> => {
    const { type, target, reason, ttlSeconds, dryRun } = asked
    const ttlMs = ttlSeconds === undefined ? null : ttlSeconds * 1000
    const command: OperatorCommand = { ...commonOf(request), type, target, reason, ttlMs, isDryRun: dryRun }
    return actionOf(await deps.response.command(command), command)
  }
  for (const type of ['flag', 'revoke', 'restore'] as const) {
    api.post(`/api/v1/sessions/:id/${type}`, async (request, reply) => {
      const body = parse(commandBody, request.body, 'body')
      const { id } = parse(idParams, request.params, 'path')
      const action = await carryOut({ ...body, type, target: `session:${id}` }, request)
      return reply.status(202).header('cache-control', 'no-store').send(action)
    })
  }
  api.post('/api/v1/actions', async (request, reply) => {
    const action = await carryOut(parse(targetBody, request.body, 'body'), request)
    return reply.status(202).header('cache-control', 'no-store').send(action)
  })
  for (const type of ['pause', 'resume'] as const) {
    api.post(`/api/v1/response/${type}`, async (request, reply) => {
      const { reason } = parse(pauseBody, request.body, 'body')
      const command = { ...commonOf(request), type, target: '', reason, ttlMs: null, isDryRun: false }
      const outcome = await deps.response.command(command)
      if (outcome.kind === 'conflict') throw keyConflict()
      return reply.status(202).header('cache-control', 'no-store').send(outcome.response)
    })
  }
}

const commonOf = (request: FastifyRequest): Pick<OperatorCommand, 'realm' | 'idempotencyKey' | 'by'> => {
  const { realm } = parse(realmQuery, request.query, 'query')
  const key = request.headers['idempotency-key']
  if (typeof key === 'string' && key.length > keyCharsMax) {
    throw new RequestError(`Idempotency-Key has more than ${keyCharsMax} characters.`)
  }
  return { realm, idempotencyKey: typeof key === 'string' && key !== '' ? key : null, by: principalOf(request).name }
}

/** The action that the command is about; of several that were taken back the one that weighs most. */
const actionOf = (outcome: CommandOutcome, { target, type }: OperatorCommand): ActionShape => {
  if (outcome.kind === 'conflict') throw keyConflict()
  const colon = target.indexOf(':')
  const [kind, id] = [target.slice(0, colon), target.slice(colon + 1)]
  if (outcome.kind === 'unknownSession') {
    throw new AgenttrailError('AGT_NOT_FOUND', `There is no session "${id}" in this realm that was active lately.`)
  }
  const weights = ['revoke', 'hold', 'page', 'flag']
  const [action] = [...outcome.actions].sort((a, b) => weights.indexOf(a.kind) - weights.indexOf(b.kind))
  if (action !== undefined) return action
  throw new AgenttrailError('AGT_NOT_FOUND', `Nothing is in force on ${kind} "${id}" that a ${type} could take back.`)
}

const keyConflict = (): RequestError =>
  new RequestError('This Idempotency-Key came with another command before: use a new one.', {
    status: 409,
    problems: [{ in: 'header', name: 'idempotency-key', detail: 'was used for another command' }],
  })

const parse = <T>(schema: z.ZodType<T>, value: unknown, where: 'query' | 'path' | 'body'): T => {
  const parsed = schema.safeParse(value ?? undefined)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map((issue) => ({
    in: where,
    name: issue.path.join('.') || (issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : ''),
    detail: issue.code === 'unrecognized_keys' ? 'not known here' : issue.message,
  }))
  throw new RequestError(problems.map(({ name, detail }) => `${name || where}: ${detail}`).join('; '), { problems })
}
