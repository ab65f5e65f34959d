import { randomBytes } from 'node:crypto'
import { createDatabrokerLever, databrokerTraits } from '../../../src/respond/levers/databroker.ts'
import { createDatabroker } from '../../../src/respond/levers/databroker-client.ts'
import { makeEffect } from '../../fakes/effects.ts'
import { Pomerium } from '../../fakes/pomerium.ts'
import { makeRevocation } from '../../fakes/revocations.ts'
import type { LeverSubject } from './subject.ts'

export const databrokerSubject: LeverSubject = {
  name: 'Pomerium',
  traits: databrokerTraits,
  accepts: 'enforced',
  isRemote: true,
  preview:
    /all 1 sessions .* the browser's too; client cursor must be let in again by the user; client claude-code loses/,

  start: async () => {
    const pomerium = new Pomerium()
    let { broker } = pomerium
    const port = await broker.start()
    const now = () => pomerium.nowMs
    const cursor = pomerium.connect({ userId: 'alice', clientId: 'cursor' })
    const [sessionId = ''] = cursor.sessionIds
    pomerium.connect({ userId: 'alice', clientId: 'claude-code', sessionId })
    const other = pomerium.connect({ userId: 'bob', clientId: 'cursor' })
    pomerium.advance(20_000)

    const clients = [pomerium.sharedSecret, randomBytes(32).toString('base64')].map((sharedSecret) =>
      createDatabroker({ url: `http://127.0.0.1:${port}`, sharedSecret, now }),
    )
    const [lever, refusedLever] = clients.map((databroker) =>
      createDatabrokerLever({
        databroker,
        now,
        sleep: async (ms) => pomerium.advance(ms),
        who: { clientsOf: (id) => (id === sessionId ? ['cursor'] : []), nameOf: (id) => `client ${id}` },
      }),
    )
    if (lever === undefined || refusedLever === undefined) throw new Error('there are two')
    const { subject } = makeRevocation()
    return {
      lever,
      refusedLever,
      effect: makeEffect({
        revocation: makeRevocation({ keys: [`login:${sessionId}`], subject: { ...subject, userId: 'alice' } }),
      }),
      isOut: async () => pomerium.call(cursor) === 'denied',
      isOtherOut: async () => pomerium.call(other) === 'denied',
      footprint: () => [...broker.records.values()].map(({ id, version }) => `${id} ${version}`),
      goAway: async () => broker.stop(),
      comeBack: async () => {
        broker = pomerium.restart()
        await broker.start(port)
      },
      [Symbol.asyncDispose]: async () => {
        for (const client of clients) client.close()
        broker.stop()
      },
    }
  },
}
