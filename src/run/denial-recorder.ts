import { randomUUID } from 'node:crypto'
import type { DecisionEvent } from '../../collectors/formats/decision-event.ts'
import type { Append } from '../ingest/transport.ts'
import type { Verdict } from '../respond/decision/decide.ts'
import type { DecisionRequest } from '../respond/decision/decision-request.ts'
import { denialReason } from '../respond/decision/denial-text.ts'

export interface DenialRecorderDeps {
  readonly append: Append
  readonly now: () => Date
  readonly log: { readonly warn: (fields: object, message: string) => void }
}

/** A denied agent may try very often. What is more than this waits in no memory and is counted. */
const queueRecordsMax = 10_000
const flushAfterMs = 20
const retryAfterMs = 1_000

/** The decision service's own decisions, as records of the log like any gateway's. */
export class DenialRecorder {
  readonly #deps: DenialRecorderDeps
  #queue: { readonly realm: string; readonly line: string }[] = []
  #lost = 0
  #timer: NodeJS.Timeout | null = null
  #underWay: Promise<void> = Promise.resolve()

  constructor(deps: DenialRecorderDeps) {
    this.#deps = deps
  }

  record(request: DecisionRequest, verdict: Verdict): void {
    if (this.#queue.length >= queueRecordsMax) {
      this.#lost += 1
      return
    }
    const line = JSON.stringify(decisionEventOf(request, verdict, this.#deps.now()))
    this.#queue.push({ realm: request.realm, line })
    this.#flushAfter(flushAfterMs)
  }

  /** Appends what is left. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#underWay
    await this.#flush()
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  #flushAfter(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      this.#underWay = this.#flush()
    }, ms)
  }

  async #flush(): Promise<void> {
    const queue = this.#queue
    this.#queue = []
    const realms = Map.groupBy(queue, ({ realm }) => realm)
    for (const [realm, records] of realms) {
      try {
        await this.#append(realm, records)
      } catch (error) {
        // The log is full: what is newest is worth least, so the older ones keep their places.
        this.#queue = [...records, ...this.#queue].slice(0, queueRecordsMax)
        this.#deps.log.warn({ err: error, records: records.length }, 'denials wait for the log')
        this.#flushAfter(retryAfterMs)
      }
    }
    if (this.#lost > 0) this.#deps.log.warn({ lost: this.#lost }, 'denials were not recorded: there were too many')
    this.#lost = 0
  }

  async #append(realm: string, records: readonly { readonly line: string }[]): Promise<void> {
    await this.#deps.append({
      realm,
      source: 'decision-service',
      format: 'agenttrail',
      transport: 'decision',
      identity: 'batch',
      batchId: randomUUID(),
      baseOffset: 0,
      records: records.length,
      body: Buffer.from(records.map(({ line }) => line).join('\n')),
      isBackfill: false,
    })
  }
}

/** The subject of the revocation stands in for what the request does not say of itself: it is why it was denied. */
const decisionEventOf = (request: DecisionRequest, verdict: Verdict, now: Date): DecisionEvent => {
  const { revocation, isAllowed } = verdict
  const { jsonrpcId } = request
  return stated({
    time: now.toISOString(),
    id: randomUUID(),
    layer: 'gateway',
    product: 'agenttrail',
    decision: isAllowed ? 'not_evaluated' : 'deny',
    decisionSource: 'webhook',
    reasons: [denialReason(verdict).slice(0, 1024)],
    policyId: revocation?.actionId ?? '',
    principal: stated({
      userId: request.userIds[0] ?? revocation?.subject.userId ?? '',
      userEmail: request.userEmails[0] ?? revocation?.subject.userEmail ?? '',
      agentId: request.agentIds[0] ?? '',
      serviceAccountId: revocation?.subject.serviceAccountId ?? '',
      oauthClientId: request.oauthClientId,
    }),
    client: stated({ address: request.clientAddress, userAgent: request.userAgent.slice(0, 2048) }),
    session: stated({
      explicitId: request.explicitSessionId,
      mcpSessionId: request.mcpSessionId,
      authSessionId: request.authSessionId,
    }),
    request: stated({
      httpRequestId: request.httpRequestId,
      traceparent: request.traceparent.slice(0, 256),
      ...(jsonrpcId === '' ? {} : { jsonrpcId }),
      method: request.method,
      tool: request.tool,
      resource: request.resource,
      server: request.server,
      httpMethod: request.httpMethod,
      host: request.host,
      path: request.path.slice(0, 4096),
    }),
    result: { outcome: isAllowed ? 'unknown' : 'denied' },
  })
}

/** Without what is not known. */
const stated = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== '')) as T
