import { Webhook } from 'standardwebhooks'
import { type Effect, idempotencyKey } from '../effect.ts'
import type { Lever, LeverAnswer, LeverTraits } from '../lever.ts'
import { sendRequest } from './send-request.ts'

export interface RevocationWebhookDeps {
  readonly url: string
  /** Of Standard Webhooks: base64, with or without `whsec_` before it. */
  readonly secret: string
  readonly now: () => number
}

/** How soon what is told takes effect is the receiver's: a minute is what it has. */
export const revocationWebhookTraits: LeverTraits = {
  // A page target of type webhook is called webhook.
  name: 'revocation-webhook',
  scopes: ['mcp', 'explicit', 'login', 'credential', 'agent', 'user', 'tool'],
  isReversible: true,
  canPreview: false,
  delayMs: 60_000,
}

/** Tells anything else that can deny: signed by Standard Webhooks, and with one id however often it is sent. */
export const createRevocationWebhookLever = ({ url, secret, now }: RevocationWebhookDeps): Lever => {
  const webhook = new Webhook(secret)
  const send = async (effect: Effect, type: string, signal: AbortSignal): Promise<LeverAnswer> => {
    const { revocation, actionId, realm, kind, target } = effect
    if (revocation === null) return { state: 'failed', detail: 'there is nothing to deny' }
    const at = new Date(now())
    const id = idempotencyKey(effect)
    const { keys, subject, reason, by, expiresAtMs } = revocation
    const expiresAt = new Date(expiresAtMs).toISOString()
    const body = JSON.stringify({
      type,
      timestamp: at.toISOString(),
      data: { actionId, realm, kind, target, keys, subject, reason, by, expiresAt },
    })
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': webhook.sign(id, at, body),
    }
    return await sendRequest({ url, headers, body }, signal)
  }
  return {
    name: revocationWebhookTraits.name,
    apply: (effect, signal) => send(effect, 'agenttrail.revocation.begun', signal),
    lift: (effect, signal) => send(effect, 'agenttrail.revocation.ended', signal),
  }
}
