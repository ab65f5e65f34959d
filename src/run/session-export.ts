import type { ReadModel } from '../api/read-model.ts'
import type { StoreClient } from '../store/client.ts'
import { createEndedSessions } from '../store/readers/ended-sessions.ts'
import { readOriginalSpans } from '../store/readers/original-spans.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { OriginalSpan, SessionStory } from '../telemetry/session-spans.ts'
import type { SessionTraces } from '../telemetry/session-traces.ts'

export interface SessionExportDeps {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly client: StoreClient
  readonly readModel: ReadModel
  readonly now: () => Date
  readonly idleMs: number
  readonly everyMs: number
  readonly version: string
  readonly log: Logger
}

/** A trace shows at most this many calls of a session; backends refuse larger ones. */
const callsMax = 10_000
const pageLimit = 1000
const allTime = { from: '2000-01-01T00:00:00Z', to: '2101-01-01T00:00:00Z' }

/**
 * Sends ended sessions as traces where the OpenTelemetry SDK's own settings name an endpoint, or null where they name none:
 * then nothing of the SDK is even loaded.
 */
export const createSessionExport = async (deps: SessionExportDeps): Promise<SessionTraces | null> => {
  const { env, client } = deps
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? ''
  if (endpoint === '' || env['OTEL_SDK_DISABLED'] === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none') return null
  const [{ OTLPTraceExporter }, { createSessionSpans }, { SessionTraces: Traces }] = await Promise.all([
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('../telemetry/session-spans.ts'),
    import('../telemetry/session-traces.ts'),
  ])
  return new Traces({
    endedSessions: createEndedSessions(client, deps),
    story: ({ realm, id }) => readStory(deps, realm, id),
    spans: createSessionSpans({ serviceName: env['OTEL_SERVICE_NAME'] ?? 'agenttrail', version: deps.version }),
    exporter: new OTLPTraceExporter(),
    log: deps.log,
    everyMs: deps.everyMs,
  })
}

const readStory = async (deps: SessionExportDeps, realm: string, id: string): Promise<SessionStory | null> => {
  const { readModel, client } = deps
  const session = await readModel.session(realm, id)
  if (session === null || session.id !== id) return null
  const calls = await readCalls(readModel, realm, id)
  const found = await readModel.findings(realm, { ...allTime, session: id }, { limit: pageLimit, cursor: null })
  const spans = await readOriginalSpans(
    client,
    realm,
    calls.flatMap((call) => call.layers.map((layer) => layer.eventId)),
  )
  const originals = calls.map((call): [string, OriginalSpan[]] => [
    call.id,
    call.layers.flatMap((layer) => spans.get(layer.eventId) ?? []),
  ])
  return { realm, session, calls, findings: found.items, originals: new Map(originals) }
}

const readCalls = async (readModel: ReadModel, realm: string, id: string): Promise<SessionStory['calls']> => {
  const calls: SessionStory['calls'][number][] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<ReadModel['timeline']>> = await readModel.timeline(realm, id, {
      limit: pageLimit,
      cursor,
    })
    calls.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null && calls.length < callsMax)
  return calls
}
