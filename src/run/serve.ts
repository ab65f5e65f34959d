import { randomUUID } from 'node:crypto'
import type { PipelineStatus } from '../api/read-model.ts'
import type { Config } from '../config.ts'
import { AgenttrailError } from '../errors.ts'
import type { Append, Intake, RecordBatch } from '../ingest/transport.ts'
import { createAppend } from '../log/append-batch.ts'
import { openLmdbLog } from '../log/lmdb-log.ts'
import type { Log } from '../log/log.ts'
import { hasRoom } from '../log/log-room.ts'
import type { Lever } from '../respond/lever.ts'
import { Revocations } from '../respond/revocations.ts'
import { createReadModel } from '../store/readers/read-model.ts'
import { createLogger, type Logger } from '../telemetry/logger.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import { startOtlp } from '../telemetry/otlp.ts'
import { activate } from './activate.ts'
import { AnalyserHost } from './analyser-host.ts'
import { createCollectors } from './collectors.ts'
import { createLevers } from './create-levers.ts'
import { type DecisionService, startDecisionService } from './decision-service.ts'
import { makeDirectories, type Paths } from './directories.ts'
import { Dispatcher } from './dispatcher.ts'
import { createHealth } from './health.ts'
import { type Keys, loadKeys } from './keys.ts'
import { listen } from './listen.ts'
import { loadCheckedRuleFiles } from './load-rules.ts'
import { LogOwner } from './log-owner.ts'
import { openBiPort } from './open-bi-port.ts'
import { type OpenStore, openStore } from './open-store.ts'
import { createOtlpIntake } from './otlp-intake.ts'
import { version } from './package-files.ts'
import { pipelineStatus } from './pipeline-status.ts'
import { connectPomerium } from './pomerium.ts'
import { RetentionKeeper } from './retention-keeper.ts'
import { createServerAccess } from './server-access.ts'
import { bodyBytesMax, createServerApi } from './server-api.ts'
import { createSessionExport } from './session-export.ts'

/** A clean stop waits this long for the store to take what is in the log; what it did not take is replayed at the next start. */
const stopWaitMs = 15_000
const snapshotEveryMs = 60_000
const sessionExportEveryMs = 10_000
const retentionEveryMs = 60_000
/** What a source that was turned away is told to wait. */
const retryAfterSeconds = 2

export interface RunningServer {
  /** `http://host:port` of API, console and intake. */
  readonly url: string
  /** `http://host:port` of the OTLP intake; null if there is none. */
  readonly otlpUrl: string | null
  /** `host:port` of the decision service over gRPC; null if there is none. */
  readonly decisionAddress: string | null
  /** `http://host:port` of the ClickHouse port; null if there is none. */
  readonly clickhouseUrl: string | null
  /** Process id of the embedded engine, while it runs. */
  readonly enginePid: () => number | undefined
  /** Resolves with the reason when the server can not go on by itself. */
  readonly failed: Promise<AgenttrailError>
  /** Takes no more records, stores what it has, leaves a snapshot. */
  readonly stop: () => Promise<void>
}

/**
 * Starts everything in the order in which it depends on each other: directory, keys, log, store, analyser, then whoever
 * lets records in. Stops in the opposite order.
 */
export const startServer = async (config: Config): Promise<RunningServer> => {
  const log = createLogger({ level: config.logLevel, isTerminal: process.stdout.isTTY === true })
  const { access, rules, paths, keys, entries, pomerium, levers, revocations, decisions, store } = await openParts(
    config,
    log,
  )
  const failure = Promise.withResolvers<AgenttrailError>()
  const fail = (error: unknown): void => failure.resolve(asFailure(error))
  const { owner, analyser, dispatcher } = startAnalysis({ entries, store, keys, paths, levers, revocations, fail })
  const health = createHealth({
    client: store.client,
    snapshotDir: paths.snapshots,
    now: Date.now,
    levers: () => dispatcher.status(),
  })
  const intake = createIntake(entries, (batch) => {
    owner.appended(batch.records)
    health.saw(batch)
  })
  const retention = createRetentionKeeper(config, store, log)
  const status = statusOf({ entries, analyser, store, retention, intake })
  const otlp = await startOtlp(process.env)
  const now = (): Date => new Date()
  const readModel = createReadModel({ client: store.client, now, sessionIdleMs: config.sessionIdleMs })
  const sessionExport = await createExport({ config, store, readModel, now, log })
  const background = [retention, health, ...(sessionExport === null ? [] : [sessionExport])]
  const metrics = createMetrics({ status, health: health.readings, otlpMeter: otlp?.meter })
  const parts = { access, config, entries, decisions, readModel, analyser, intake, status, metrics, rules, store, log }
  const api = await createServerApi(parts)
  const url = await listen(api, config)
  const onAnswered = metrics.requestAnswered
  const otlpIntake = createOtlpIntake({ access, config, intake, bodyBytesMax, onAnswered, log })
  const collectors = createCollectors({ config, intake, positionsDir: paths.positions, log })
  const watch = pomerium === null ? [] : [pomerium.watch(intake.append)]
  const transports = [otlpIntake, ...collectors, ...watch]
  await Promise.all(transports.map((transport) => transport.start()))
  const onFailure = (error: unknown): void => log.error({ err: error }, 'repeated reads were not recorded')
  const biPort = await openBiPort({ config, access, store, entries, onFailure })
  for (const each of background) each.start()
  const addresses = {
    url,
    otlpUrl: otlpIntake.url(),
    decisionAddress: decisions.address,
    clickhouseUrl: biPort?.url ?? null,
  }
  const { dataDir, response } = config
  log.info({ ...addresses, dataDir, store: store.status().kind, response }, 'agenttrail is up')

  const stop = inOrder([
    () => Promise.all(transports.map((transport) => transport.stop())),
    () => biPort?.stop(),
    () => api.close(),
    () => decisions.stop(),
    () => dispatcher.stop(),
    () => owner.stop(),
    () => analyser.stop(stopWaitMs),
    () => metrics.stop(),
    () => otlp?.stop(),
    () => Promise.all(background.map((each) => each.stop())),
    () => store.stop(),
    () => entries.close(),
    () => log.info('agenttrail stopped'),
  ])
  return { ...addresses, enginePid: store.enginePid, failed: failure.promise, stop }
}

/** Each step when the one before is done. */
const inOrder = (steps: readonly (() => unknown)[]) => async (): Promise<void> => {
  for (const step of steps) await step()
}

const createExport = (deps: {
  readonly config: Config
  readonly store: OpenStore
  readonly readModel: ReturnType<typeof createReadModel>
  readonly now: () => Date
  readonly log: Logger
}) =>
  createSessionExport({
    env: process.env,
    client: deps.store.client,
    readModel: deps.readModel,
    now: deps.now,
    idleMs: deps.config.sessionIdleMs,
    everyMs: sessionExportEveryMs,
    version,
    log: deps.log,
  })

/** What everything else stands on. */
const openParts = async (config: Config, log: Logger) => {
  const rules = loadCheckedRuleFiles(config.rulesDir)
  const paths = makeDirectories(config.dataDir)
  const keys = loadKeys(config.dataDir)
  const access = createServerAccess(config, log)
  const revocations = new Revocations()
  const pomerium = config.pomerium === undefined ? null : connectPomerium(config.pomerium, log)
  const levers = createLevers({ config, revocations, pomerium, now: Date.now })
  const entries = await openLmdbLog({ dir: paths.log, bytesMax: config.logBytesMax })
  const store = openStore({ config, log })
  let decisions: DecisionService | undefined
  try {
    // First: gateways ask it while everything else is still on its way.
    const append = createAppend({ log: entries, now: () => new Date() })
    decisions = await startDecisionService({ access, config, revocations, append, keys, log })
    await store.ready
    await activate(entries, config, { tokenKeyId: keys.token.keyId, rules })
    return { access, rules, paths, keys, entries, pomerium, levers, revocations, decisions, store }
  } catch (error) {
    await decisions?.stop()
    await store.stop()
    await entries.close()
    throw error
  }
}

/** The thread that analyses, who appends time and marks for it, and who carries out what it asks for. */
const startAnalysis = (deps: {
  readonly entries: Log
  readonly store: OpenStore
  readonly keys: Keys
  readonly paths: Paths
  readonly levers: readonly Lever[]
  readonly revocations: Revocations
  readonly fail: (error: unknown) => void
}): { readonly owner: LogOwner; readonly analyser: AnalyserHost; readonly dispatcher: Dispatcher } => {
  const { entries, store, keys, paths, levers, revocations, fail } = deps
  const owner = new LogOwner({ log: entries, now: Date.now, onFailure: fail })
  const dispatcher = new Dispatcher({ log: entries, levers, ownerId: randomUUID(), now: Date.now, onFailure: fail })
  const analyser = new AnalyserHost({
    log: entries,
    workerData: {
      log: { kind: 'local', dir: paths.log },
      logEnd: entries.end(),
      snapshotDir: paths.snapshots,
      segmentDir: paths.segments,
      store: store.address,
      keys,
      snapshotEveryMs,
    },
    onReady: (known) => revocations.load(known),
    onEffects: (effects) => void dispatcher.dispatch(effects),
    onEvidenced: (actions) => void dispatcher.evidenced(actions),
    onWantsMark: () => owner.wantMark(),
    onFailure: (failed) => fail(new AgenttrailError(failed.code, failed.message)),
  })
  owner.start()
  return { owner, analyser, dispatcher }
}

const createRetentionKeeper = (config: Config, store: OpenStore, log: Logger): RetentionKeeper => {
  const { retention } = config
  return new RetentionKeeper({ client: store.client, retention, everyMs: retentionEveryMs, now: Date.now, log })
}

const statusOf = (deps: {
  readonly entries: Log
  readonly analyser: AnalyserHost
  readonly store: OpenStore
  readonly retention: RetentionKeeper
  readonly intake: Intake
}): (() => PipelineStatus) => {
  const startedMs = Date.now()
  return () =>
    pipelineStatus({
      log: deps.entries,
      progress: deps.analyser.progress(),
      store: deps.store.status(),
      space: deps.retention.space(),
      acceptsRecords: deps.intake.hasRoom(),
      nowMs: Date.now(),
      startedMs,
      version,
    })
}

const createIntake = (log: Log, onAppended: (batch: RecordBatch) => void): Intake => {
  const toLog = createAppend({ log, now: () => new Date() })
  const append: Append = async (batch) => {
    const appended = await toLog(batch)
    onAppended(batch)
    return appended
  }
  return { append, hasRoom: () => hasRoom(log.space()), retryAfterSeconds }
}

const asFailure = (error: unknown): AgenttrailError =>
  error instanceof AgenttrailError ? error : new AgenttrailError('AGT_LOG_FAILED', String(error), { cause: error })
