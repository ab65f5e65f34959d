import { setTimeout as delay } from 'node:timers/promises'
import fastify from 'fastify'
import { recordsRoutes } from '../../../collectors/transports/http.ts'
import { endConnections } from '../../../src/api/end-connections.ts'
import { problemOf } from '../../../src/api/problem.ts'
import { type MakeSubject, retryAfterSeconds } from './subject.ts'

/** A client that sends a body again until it is answered with 200. */
export const httpSubject: MakeSubject = ({ intake }) => {
  const api = fastify({ forceCloseConnections: 'idle' })
  endConnections(api)
  api.setErrorHandler((error, _request, reply) => {
    const problem = problemOf(error)
    return reply.status(problem.status).send(problem)
  })
  api.register(recordsRoutes, { intake, formatNames: ['auto'], bodyBytesMax: 4 << 20 })
  let url = ''
  let accepted = 0
  let isStopped = false

  const send = async (body: string): Promise<void> => {
    while (!isStopped) {
      const answer = await fetch(`${url}/v1/records`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/x-ndjson' },
      }).catch(() => null)
      if (answer?.status === 200) {
        accepted += ((await answer.json()) as { accepted: number }).accepted
        return
      }
      // Anything else but a request to come again would be a source that has lost its records.
      if (answer !== null && answer.status !== 429 && answer.status !== 503) throw new Error(await answer.text())
      await delay(retryAfterSeconds * 1000)
    }
  }

  return {
    start: async () => {
      url = await api.listen({ host: '127.0.0.1', port: 0 })
    },
    offer: (lines) => void send(lines.join('\n')),
    acknowledged: async () => accepted,
    stop: async () => {
      await api.close()
      isStopped = true
    },
  }
}
