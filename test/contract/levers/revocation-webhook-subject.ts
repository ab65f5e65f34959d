import { Webhook } from 'standardwebhooks'
import {
  createRevocationWebhookLever,
  revocationWebhookTraits,
} from '../../../src/respond/levers/revocation-webhook.ts'
import { makeEffect } from '../../fakes/effects.ts'
import { makeRevocation } from '../../fakes/revocations.ts'
import { startRevokingReceiver } from './revoking-receiver.ts'
import type { LeverSubject } from './subject.ts'

const secretOf = (text: string): string => Buffer.from(text.repeat(4)).toString('base64')

interface Told {
  readonly type: string
  readonly data: { readonly actionId: string; readonly subject: { readonly userId: string } }
}

export const revocationWebhookSubject: LeverSubject = {
  name: 'webhook',
  traits: revocationWebhookTraits,
  accepts: 'accepted',
  isRemote: true,

  start: async () => {
    const secret = secretOf('a secret')
    const denied = new Map<string, string>()
    const seen = new Set<string>()
    const receiver = await startRevokingReceiver((text, headers) => {
      try {
        new Webhook(secret).verify(text, headers as Record<string, string>)
      } catch {
        return 401
      }
      const { type, data } = JSON.parse(text) as Told
      const id = String(headers['webhook-id'])
      // The key of an effect stands for it, whatever it says.
      if (seen.has(id)) return 200
      seen.add(id)
      if (type === 'agenttrail.revocation.begun') denied.set(data.actionId, data.subject.userId)
      else denied.delete(data.actionId)
      return 200
    })
    const lever = createRevocationWebhookLever({ url: receiver.url, secret, now: Date.now })
    const isOut = async (userId: string) => [...denied.values()].includes(userId)
    return {
      ...receiver,
      lever,
      refusedLever: createRevocationWebhookLever({ url: receiver.url, secret: secretOf('another '), now: Date.now }),
      effect: makeEffect({
        revocation: makeRevocation({ keys: ['login:session-1'], expiresAtMs: Date.now() }),
        key: crypto.randomUUID(),
      }),
      isOut: () => isOut('u1'),
      isOtherOut: () => isOut('u2'),
      footprint: () => [...denied],
      [Symbol.asyncDispose]: receiver.stop,
    }
  },
}
