import type { FastifyInstance } from 'fastify'

/**
 * Lets `close` end as soon as the last answer is given. It ends idle connections at once; one that is just being
 * answered would otherwise be kept open for its client's next request, for more than a minute.
 */
export const endConnections = (api: Pick<FastifyInstance, 'addHook'>): void => {
  let isClosing = false
  api.addHook('preClose', async () => {
    isClosing = true
  })
  api.addHook('onSend', async (_request, reply) => {
    if (isClosing) reply.header('connection', 'close')
  })
}
