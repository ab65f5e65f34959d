import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ServerProcess, startAgenttrail } from '../../bench/server-process.ts'
import { type ClusterGround, startGround, stopAll, untilStored } from '../../scripts/cluster-processes.ts'
import { createStoreClient, type StoreClient } from '../../src/store/client.ts'
import { isKafkaMissing } from '../fakes/kafka.ts'

/*
 * Goal: a cluster says of the same input what one process says.
 * Method: a real broker, a store behind a password, and collectors, analysers and a responder as processes of their own,
 * beside one process with everything in it and the same keys; the same bodies go to both, in the cluster through
 * collectors in turn, and what the two stores hold in the end is compared.
 */
const fixtures = fileURLToPath(new URL('../fixtures/pomerium-live', import.meta.url))
const partitions = 2
// Nothing may be late: what is, hangs on where a tick falls.
const env = { AGENTTRAIL_LATENESS: '24h' }
/** Realms of different partitions, so that both analysers have something to do. */
const realms = ['tenant-1', 'staging-2', 'default']

/** The lines as if they had been written so much later. */
const moved = (text: string, shiftMs: number): Buffer =>
  Buffer.from(
    text.replaceAll(/"time":"([^"]+)"/g, (_, time: string) => {
      const at = new Date(Date.parse(time) + shiftMs).toISOString()
      return `"time":"${at.replace('.000Z', 'Z')}"`
    }),
  )

/** Resolves with where the log has it. */
const post = async (url: string, realm: string, body: Buffer): Promise<readonly [number, number]> => {
  const answer = await fetch(`${url}/v1/records?format=pomerium&source=edge&realm=${realm}`, {
    method: 'POST',
    body: new Uint8Array(body),
    headers: { 'content-type': 'application/x-ndjson' },
  })
  const text = await answer.text()
  expect(answer.status, text).toBe(200)
  const { position } = JSON.parse(text) as { position: string }
  const [partition, offset] = position.split(':').map(Number)
  return [partition ?? 0, offset ?? 0]
}

/** What a store holds, without what is about when and by whom it was computed: a session is its calls, named by one of them. */
const contentOf = async (client: StoreClient) => ({
  events: await client.query(
    'SELECT realm, event_id, source_position FROM events ORDER BY realm, event_id LIMIT 100000',
  ),
  calls: await client.query(
    `SELECT realm, id, if(session_id = '', '', min(id) OVER (PARTITION BY realm, session_id)) AS session, method, tool,
       decision, outcome
     FROM agent_calls ORDER BY realm, id LIMIT 100000`,
  ),
  sessions: await client.query(
    `SELECT session.realm, session.calls, session.user_id, firsts.id AS session FROM agent_sessions AS session
     LEFT JOIN (SELECT realm, session_id, min(id) AS id FROM agent_calls GROUP BY realm, session_id) AS firsts
       ON firsts.realm = session.realm AND firsts.session_id = session.id
     ORDER BY session.realm, session, session.calls LIMIT 100000`,
  ),
  findings: await client.query('SELECT realm, id, rule_id, state FROM agent_findings ORDER BY realm, id LIMIT 100000'),
})

describe.skipIf(isKafkaMissing())('a cluster', () => {
  let dir = ''
  let ground: ClusterGround
  const running: ServerProcess[] = []
  let collectors: readonly ServerProcess[] = []
  let analysers: readonly ServerProcess[] = []
  let responder: ServerProcess
  let single: ServerProcess

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'agenttrail-cluster-'))
    ground = await startGround({ dir, partitions, env })
    const start = async (role: Parameters<ClusterGround['start']>[0], name: string): Promise<ServerProcess> => {
      const server = await ground.start(role, name)
      running.push(server)
      return server
    }
    const singleDir = join(dir, 'single')
    await mkdir(singleDir)
    await cp(ground.keysDir, join(singleDir, 'keys'), { recursive: true })
    const alone = startAgenttrail({
      dataDir: singleDir,
      waitMs: 240_000,
      env: { ...env, AGENTTRAIL_OTLP_ADDRESS: 'off', AGENTTRAIL_DECISION_ADDRESS: 'off' },
    })
    // The analysers first: nothing depends on the order.
    analysers = await Promise.all([start('analyser', 'a1'), start('analyser', 'a2')])
    collectors = await Promise.all([start('collector', 'c1'), start('collector', 'c2')])
    responder = await start('responder', 'r1')
    single = await alone
    running.push(single)
  }, 420_000)
  afterAll(async () => {
    await stopAll(running)
    await ground.stop()
    await rm(dir, { recursive: true, force: true })
  }, 120_000)

  it('says of the same input what one process says', async () => {
    const files = (await readdir(fixtures)).filter((name) => /^[a-j].*\.jsonl$/.test(name)).sort()
    const newest = Date.parse('2026-11-24T07:52:28Z')
    const shiftMs = Math.floor((Date.now() - newest) / 1000) * 1000
    let turn = 0
    const reached = new Map<number, number>()
    for (const realm of realms) {
      for (const file of files) {
        const body = moved(await readFile(join(fixtures, file), 'utf8'), shiftMs)
        await post(single.url, realm, body)
        reached.set(...(await post(collectors[turn % 2]?.url ?? '', realm, body)))
        turn += 1
      }
    }
    expect([...reached.keys()].sort()).toEqual([0, 1])
    await untilStored(analysers, reached, 120_000)
    const clients = [
      createStoreClient({ url: ground.storeUrl }),
      createStoreClient({ socketPath: single.engineSocket }),
    ] as const
    const same = async (): Promise<boolean> => {
      const [cluster, one] = await Promise.all(clients.map(contentOf))
      return JSON.stringify(cluster) === JSON.stringify(one)
    }
    // Findings become final and calls settle a moment later, in each at its own time.
    for (let waited = 0; waited < 60_000 && !(await same()); waited += 500) await delay(500)
    const [cluster, one] = await Promise.all(clients.map(contentOf))
    expect(cluster).toEqual(one)
    expect(one?.events.length).toBeGreaterThan(100)
    expect(one?.sessions.length).toBeGreaterThan(3)
    await Promise.all(clients.map((client) => client.close()))
  }, 300_000)

  it('is ready where it can do its work', async () => {
    for (const { url } of [...collectors, ...analysers, responder]) {
      expect((await fetch(`${url}/health/ready`)).status, url).toBe(200)
    }
  })

  it('takes the same body in once, whichever collector it was sent to', async () => {
    const body = Buffer.from('no JSON at all\n')
    const client = createStoreClient({ url: ground.storeUrl })
    const count = async (): Promise<number> =>
      (await client.query<{ n: number }>("SELECT count() AS n FROM dead_letters WHERE realm = 'twice'"))[0]?.n ?? 0
    const reached = new Map<number, number>()
    for (const { url } of [...collectors, ...collectors]) reached.set(...(await post(url, 'twice', body)))
    await untilStored(analysers, reached, 60_000)
    expect(await count()).toBe(1)
    await client.close()
  }, 120_000)
})
