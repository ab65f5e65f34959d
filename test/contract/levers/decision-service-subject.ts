import { createDecisionServiceLever, decisionServiceTraits } from '../../../src/respond/levers/decision-service.ts'
import { Revocations } from '../../../src/respond/revocations.ts'
import { makeEffect } from '../../fakes/effects.ts'
import { makeRevocation } from '../../fakes/revocations.ts'
import type { LeverSubject } from './subject.ts'

const nowMs = 1_000_000

export const decisionServiceSubject: LeverSubject = {
  name: 'decision service',
  traits: decisionServiceTraits,
  accepts: 'enforced',
  isRemote: false,

  start: async () => {
    const revocations = new Revocations()
    const lever = createDecisionServiceLever({ revocations, now: () => nowMs })
    const isOut = async (id: string) => revocations.find('default', 'login', id, nowMs) !== null
    return {
      lever,
      refusedLever: lever,
      effect: makeEffect({ revocation: makeRevocation({ keys: ['login:session-1'] }) }),
      isOut: () => isOut('session-1'),
      isOtherOut: () => isOut('session-2'),
      footprint: () => revocations.size,
      goAway: async () => undefined,
      comeBack: async () => undefined,
      [Symbol.asyncDispose]: async () => undefined,
    }
  },
}
