import { decisionEventJsonSchema } from '../../collectors/formats/decision-event.ts'
import { formatNames } from '../../collectors/registry.ts'
import { recordsRoutes } from '../../collectors/transports/http.ts'
import type { Access } from '../api/access.ts'
import type { PipelineStatus, ReadModel } from '../api/read-model.ts'
import { createApi } from '../api/server.ts'
import type { Config } from '../config.ts'
import { parseRules } from '../detect/parse-rules.ts'
import { ruleJsonSchema } from '../detect/rule-json-schema.ts'
import type { Intake } from '../ingest/transport.ts'
import type { Activation } from '../log/entry.ts'
import type { Log } from '../log/log.ts'
import { decideRoutes } from '../respond/decision/decide-routes.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { AnalyserHost } from './analyser-host.ts'
import { createAskSql } from './ask-sql.ts'
import { createBacktest } from './backtest.ts'
import type { DecisionService } from './decision-service.ts'
import { createHoldSession } from './hold-session.ts'
import { createJudgeFinding } from './judge-finding.ts'
import type { OpenStore } from './open-store.ts'
import { consoleDir } from './package-files.ts'
import { ReadRecorder } from './read-recorder.ts'
import { createReplay } from './replay-dead-letters.ts'
import { createResponseControl } from './response-control.ts'
import { ruleShapes } from './rule-shapes.ts'

/** A body of records is at most this large when decompressed. */
export const bodyBytesMax = 16 * 1024 * 1024

/** The HTTP server over what runs. It does not listen yet. */
export const createServerApi = async (deps: {
  readonly access: Access
  readonly config: Config
  readonly entries: Log
  readonly decisions: DecisionService
  readonly readModel: ReadModel
  readonly analyser: AnalyserHost
  readonly intake: Intake
  readonly status: () => PipelineStatus
  readonly metrics: Metrics
  readonly rules: Activation['rules']
  readonly store: OpenStore
  readonly log: Logger
}) => {
  const reads = new ReadRecorder({
    log: deps.entries,
    now: Date.now,
    onFailure: (error) => deps.log.error({ err: error }, 'repeated reads were not recorded'),
  })
  const api = await createApi({
    access: deps.access,
    recordRead: reads.record,
    requestsPerMinuteMax: deps.config.requestsPerMinuteMax,
    readModel: deps.readModel,
    status: deps.status,
    batch: (realm, batchId) => deps.analyser.batch(realm, batchId),
    response: createResponseControl({
      log: deps.entries,
      analyser: deps.analyser,
      mode: deps.config.response,
      now: Date.now,
    }),
    recordsPlugin: async (routes) => {
      await routes.register(recordsRoutes, { intake: deps.intake, formatNames, bodyBytesMax })
    },
    decidePlugin: async (routes) => {
      await routes.register(decideRoutes, deps.decisions.routes)
    },
    metricsText: deps.metrics.text,
    decisionEventSchema: decisionEventJsonSchema,
    ruleSchema: ruleJsonSchema(),
    rules: ruleShapes(deps.rules),
    backtest: createBacktest({
      client: deps.store.client,
      rules: parseRules(deps.rules).rules,
      now: () => new Date(),
      latenessMs: deps.config.latenessMs,
    }),
    replay: createReplay({ readModel: deps.readModel, append: deps.intake.append, formatNames }),
    askSql: createAskSql(deps.store),
    judge: createJudgeFinding({
      log: deps.entries,
      analyser: deps.analyser,
      client: deps.store.client,
      readModel: deps.readModel,
      now: Date.now,
    }),
    holdSession: createHoldSession({ log: deps.entries, readModel: deps.readModel, now: Date.now }),
    now: () => new Date(),
    host: deps.config.httpAddress.host,
    consoleDir,
    onAnswered: deps.metrics.requestAnswered,
    log: deps.log,
  })
  api.addHook('onClose', () => reads.stop())
  return api
}
