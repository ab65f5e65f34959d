import { randomUUID } from 'node:crypto'
import type { DecisionEvent } from '../../collectors/formats/decision-event.ts'
import type { Append } from '../ingest/transport.ts'
import type { Verdict } from '../respond/decision/decide.ts'
import type { DecisionRequest } from '../respond/decision/decision-request.ts'
import { denialReason } from '../respond/decision/denial-text.ts'
import { RecordQueue } from './record-queue.ts'

export interface DenialRecorderDeps {
  readonly append: Append
  readonly now: () => Date
  readonly log: { readonly warn: (fields: object, message: string) => void }
}

const recordsMax = 10_000

/** The decision service's own decisions, as records of the log like any gateway's. */
export class DenialRecorder {
  readonly #now: () => Date
  readonly #queue: RecordQueue

  constructor({ append, now, log }: DenialRecorderDeps) {
    this.#now = now
    const names = { source: 'decision-service', format: 'agenttrail', transport: 'decision', what: 'denials' }
    this.#queue = new RecordQueue({ append, log, ...names, recordsMax })
  }

  record(request: DecisionRequest, verdict: Verdict): void {
    // A denied agent may try very often: nothing is made of what the queue has no room for.
    this.#queue.add(request.realm, () => JSON.stringify(decisionEventOf(request, verdict, this.#now())))
  }

  /** Appends what is left. */
  stop(): Promise<void> {
    return this.#queue.stop()
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
