import { createOauthRevocationLever, oauthRevocationTraits } from '../../../src/respond/levers/oauth-revocation.ts'
import { makeEffect } from '../../fakes/effects.ts'
import { makeRevocation } from '../../fakes/revocations.ts'
import { startRevokingReceiver } from './revoking-receiver.ts'
import type { LeverSubject } from './subject.ts'

export const oauthRevocationSubject: LeverSubject = {
  name: 'OAuth token revocation',
  traits: oauthRevocationTraits,
  accepts: 'accepted',
  isRemote: true,

  start: async () => {
    const valid = new Set(['token-1', 'token-2'])
    const receiver = await startRevokingReceiver((text, headers) => {
      const credentials = Buffer.from(String(headers.authorization).replace('Basic ', ''), 'base64').toString()
      const isForm = headers['content-type'] === 'application/x-www-form-urlencoded'
      if (credentials !== 'agenttrail:p%3Aw' || !isForm) return 401
      // RFC 7009, 2.2: a token that is not valid is answered with 200 too.
      valid.delete(new URLSearchParams(text).get('token') ?? '')
      return 200
    })
    const tokens = new Map([
      ['cursor', 'token-1'],
      ['claude-code', 'token-2'],
    ])
    const common = { url: receiver.url, clientId: 'agenttrail', tokenOf: (id: string) => tokens.get(id) ?? '' }
    return {
      ...receiver,
      lever: createOauthRevocationLever({ ...common, clientSecret: 'p:w' }),
      refusedLever: createOauthRevocationLever({ ...common, clientSecret: 'wrong' }),
      effect: makeEffect({ revocation: makeRevocation({ keys: ['agent:cursor'] }) }),
      isOut: async () => !valid.has('token-1'),
      isOtherOut: async () => !valid.has('token-2'),
      footprint: () => [...valid],
      [Symbol.asyncDispose]: receiver.stop,
    }
  },
}
