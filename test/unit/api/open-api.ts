import type { FastifyInstance } from 'fastify'
import { openAccess } from '../../../src/api/access.ts'
import { type ApiDeps, createApi } from '../../../src/api/server.ts'
import { decideRoutes } from '../../../src/respond/decision/decide-routes.ts'
import { createFakeReadModel, emptyData, healthyStatus } from '../../fakes/read-model.ts'
import { createFakeResponse } from '../../fakes/response-control.ts'

/** An API over an empty fake, with `deps` in place of its parts. */
export const openApi = async (deps: Partial<ApiDeps> = {}): Promise<FastifyInstance> =>
  createApi({
    access: openAccess,
    recordRead: async () => undefined,
    requestsPerMinuteMax: 1000,
    readModel: createFakeReadModel(emptyData()),
    status: healthyStatus,
    recordsPlugin: async (server) => {
      server.post('/v1/records', async () => ({ accepted: 0, batchId: 'b', position: '0:1' }))
    },
    decidePlugin: async (server) => {
      await server.register(decideRoutes, { decide: nothingRevoked, onDecided: () => undefined })
    },
    metricsText: async () => ({ contentType: 'text/plain; charset=utf-8', text: 'agenttrail_log_end 1\n' }),
    decisionEventSchema: { $id: 'decision-event' },
    ruleSchema: { $id: 'rule' },
    rules: [],
    backtest: async () => null,
    judge: async () => null,
    holdSession: async () => true,
    askSql: async () => ({ columns: [], rows: [], rowsRead: 0, seconds: 0 }),
    replay: async () => ({ replayed: 0, skipped: [], moreBefore: null }),
    batch: async () => null,
    response: createFakeResponse(),
    now: () => new Date('2026-05-04T10:15:00Z'),
    host: '127.0.0.1',
    consoleDir: '/nowhere',
    ...deps,
  })

const nothingRevoked = () => ({ isAllowed: true, why: 'no_revocation', revocation: null }) as const
