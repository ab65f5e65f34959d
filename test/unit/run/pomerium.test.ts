import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { formats } from '../../../collectors/registry.ts'
import type { RecordBatch } from '../../../src/ingest/transport.ts'
import { connectPomerium } from '../../../src/run/pomerium.ts'
import { createLogger } from '../../../src/telemetry/logger.ts'
import { Pomerium } from '../../fakes/pomerium.ts'

let dir: string
let pomerium: Pomerium
const log = createLogger({ level: 'fatal', isTerminal: false })

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'agenttrail-pomerium-'))
  pomerium = new Pomerium()
  pomerium.nowMs = Date.now()
})

afterEach(() => {
  pomerium.broker.stop()
  rmSync(dir, { recursive: true })
})

const settingsFor = (port: number) => {
  const sharedSecretFile = join(dir, 'secret')
  writeFileSync(sharedSecretFile, `${pomerium.sharedSecret}\n`)
  return { databrokerUrl: `http://127.0.0.1:${port}`, sharedSecretFile, realm: 'eu' }
}

it('brings what the databroker shows into the log, as its format reads it', async () => {
  const agent = pomerium.connect({ userId: 'alice', clientId: 'cursor' })
  const batches: RecordBatch[] = []
  const watch = connectPomerium(settingsFor(await pomerium.broker.start()), log).watch(async (batch) => {
    batches.push(batch)
    return { partition: 0, offset: 0 }
  })
  await watch.start()
  const lines = () => batches.flatMap(({ body }) => Buffer.from(body).toString().split('\n'))
  await expect.poll(() => lines().length, { timeout: 10_000 }).toBe(2)
  await watch.stop()

  expect(batches[0]).toMatchObject({ realm: 'eu', source: 'pomerium-databroker', transport: 'databroker' })
  const format = formats.find(({ name }) => name === batches[0]?.format)
  const origin = { recordId: 'r', realm: 'eu', source: 's', sourcePosition: 0, observedTimeUs: 1 }
  const read = lines().map((line) => format?.read(JSON.parse(line), origin, { sealToken: (token) => token }))
  const login = { kind: 'auth', userId: 'alice', authSessionId: agent.sessionIds[0] }
  expect(read).toMatchObject([
    { kind: 'ok', value: { events: [login] } },
    { kind: 'ok', value: { events: [{ ...login, oauthClientId: 'cursor', clientName: 'client cursor' }] } },
  ])
  expect(lines().join()).not.toContain(agent.refreshTokenId)
})

it('says where its secret is not to be had', () => {
  const settings = { ...settingsFor(1), sharedSecretFile: join(dir, 'none') }
  expect(() => connectPomerium(settings, log)).toThrow(/Pomerium's shared secret in .*none cannot be read: ENOENT/)
  writeFileSync(join(dir, 'empty'), '\n')
  const empty = { ...settingsFor(1), sharedSecretFile: join(dir, 'empty') }
  expect(() => connectPomerium(empty, log)).toThrow(/it is empty/)
})
