import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

const missing = 'The console has not been built: run "npm run build" in the checkout. The API is at /api/v1/status.\n'

/** Serves the built console at `/`; without a build, one sentence that says so. */
export const addConsole = async (
  api: FastifyInstance,
  serveFiles: typeof fastifyStatic,
  consoleDir: string,
): Promise<void> => {
  if (!existsSync(join(consoleDir, 'index.html'))) {
    api.get('/', async (_request, reply) => reply.status(503).type('text/plain; charset=utf-8').send(missing))
    return
  }
  await api.register(serveFiles, {
    root: consoleDir,
    wildcard: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      // Names under assets/ carry a hash of the content; the page itself must be asked for each time.
      const isHashed = path.includes(`${join(consoleDir, 'assets')}`)
      reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
}
