import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { AgenttrailError } from '../errors.ts'
import type { Access, Principal } from './access.ts'
import { principalOf } from './authorise.ts'
import { loginLimit } from './limit-rate.ts'
import { RequestError } from './problem.ts'
import { tokenCookie } from './token-of.ts'

const loginBody = z.strictObject({ token: z.string().regex(/^[\w.-]{1,3072}$/) })

/** `GET /me` says who asks; `POST /login` puts a token into a cookie, for the console, and `/logout` takes it away. */
export const addLoginRoutes = (api: FastifyInstance, access: Access): void => {
  api.get('/api/v1/me', async (request, reply) => {
    reply.header('cache-control', 'no-store')
    return meOf(principalOf(request), access)
  })
  api.post('/api/v1/login', { config: loginLimit }, async (request, reply) => {
    const body = loginBody.safeParse(request.body)
    if (!body.success) {
      const detail = 'a token, as `agenttrail tokens create` printed it'
      throw new RequestError(`token: ${detail}`, { problems: [{ in: 'body', name: 'token', detail }] })
    }
    const cookie = `${tokenCookie}=${body.data.token}`
    const principal = await access.identify({ cookie })
    if (principal === null) {
      throw new AgenttrailError('AGT_UNAUTHENTICATED', 'This token is not known here, or expired, or revoked.')
    }
    return answer(reply, cookieOf(cookie, request)).send(meOf(principal, access))
  })
  api.post('/api/v1/logout', async (request, reply) =>
    answer(reply, cookieOf(`${tokenCookie}=; Max-Age=0`, request))
      .status(204)
      .send(),
  )
}

const meOf = ({ name, roles, realms }: Principal, { mode }: Access): object => ({ name, roles, realms, mode })

const answer = (reply: FastifyReply, cookie: string): FastifyReply =>
  reply.headers({ 'cache-control': 'no-store', 'set-cookie': cookie })

/** No script reads it and no other site has it sent. Behind TLS it never travels without. */
const cookieOf = (cookie: string, request: FastifyRequest): string => {
  const isTls = request.protocol === 'https' || request.headers['x-forwarded-proto'] === 'https'
  return `${cookie}; Path=/; HttpOnly; SameSite=Strict${isTls ? '; Secure' : ''}`
}
