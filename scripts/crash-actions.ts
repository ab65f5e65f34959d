import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../bench/free-port.ts'
import { type ServerProcess, startProcess, stopProcess } from '../bench/server-process.ts'
import { type PageReceiver, startPageReceiver } from './page-receiver.ts'

/*
 * Goal: however a server dies while it acts, every action ends, no revocation is lost, and what a receiver with keys is told
 * takes effect once.
 * Method: one call after another brings about a flag, a hold, a page and a revocation; then somebody closes the finding and
 * restores the session. The server kills itself with SIGKILL at one transition after the other; whoever drives it starts it again
 * and goes on. After each start a revoked session must be denied.
 */
const incidentMsMax = 90_000
const root = fileURLToPath(new URL('..', import.meta.url))

const stages = ['request before', 'request after', 'send before', 'send after'] as const

/** Every transition at which it is killed; `…unanswered` is while the receiver has the request and did not answer. */
export const crashPoints: readonly string[] = [
  ...['flag', 'hold', 'page', 'revoke'].flatMap((kind) => stages.map((stage) => `${kind} apply ${stage}`)),
  ...['hold', 'page', 'revoke'].flatMap((kind) => stages.map((stage) => `${kind} lift ${stage}`)),
  'agenttrail.page.open unanswered',
  'agenttrail.page.resolved unanswered',
]

export interface ActionVerdict {
  readonly kills: number
  readonly incidents: number
  readonly actions: number
  /** Actions that did not reach the state that they are to end in. */
  readonly unfinished: number
  /** Revocations in force that a start forgot. */
  readonly revocationsLost: number
  /** Pages that were not opened once and resolved once. */
  readonly pagesWrong: number
  /** Requests that a receiver with keys saw again. */
  readonly repeats: number
}

interface Shown {
  readonly id: string
  readonly kind: string
  readonly state: string
  readonly incidentId: string
  readonly findingId: string
}

interface Incident {
  readonly session: string
  readonly agent: string
  isRevoked: boolean
}

/** Drives incidents through a server that keeps dying. */
class ActionDrill {
  readonly #points: string[]
  readonly #dataDir: string
  readonly #receiver: PageReceiver
  readonly #port: number
  #server: ServerProcess | null = null
  #current: Incident | null = null
  #startedMs = 0
  #point = ''
  #kills = 0
  #revocationsLost = 0

  constructor(deps: {
    readonly points: readonly string[]
    readonly dataDir: string
    readonly receiver: PageReceiver
    readonly port: number
  }) {
    this.#points = [...deps.points]
    this.#dataDir = deps.dataDir
    this.#receiver = deps.receiver
    this.#port = deps.port
  }

  async run(): Promise<ActionVerdict> {
    await this.#start()
    const verdicts: { readonly actions: number; readonly unfinished: number; readonly isPageRight: boolean }[] = []
    // A point that an incident passed before the server was told of it is met by the next one.
    while (this.#points.length > 0 || this.#isArmed) {
      if (verdicts.length > crashPoints.length * 2) throw new Error('the crash points are not met')
      verdicts.push(await this.#incident(verdicts.length))
    }
    verdicts.push(await this.#incident(verdicts.length))
    if (this.#server !== null) await stopProcess(this.#server)
    return {
      kills: this.#kills,
      incidents: verdicts.length,
      actions: verdicts.reduce((sum, { actions }) => sum + actions, 0),
      unfinished: verdicts.reduce((sum, { unfinished }) => sum + unfinished, 0),
      revocationsLost: this.#revocationsLost,
      pagesWrong: verdicts.filter(({ isPageRight }) => !isPageRight).length,
      repeats: this.#receiver.repeats(),
    }
  }

  #isArmed = false

  async #incident(n: number) {
    const incident: Incident = { session: `mcp-${n}`, agent: `agent-${n}`, isRevoked: false }
    this.#current = incident
    await this.#send(incident)
    const of = async (kind: string) => (await this.#actions(incident)).find((action) => action.kind === kind)
    const revoke = await this.#until(async () => {
      const action = await of('revoke')
      return action?.state === 'enforced' || action?.state === 'verified' ? action : undefined
    })
    await this.#until(async () => ((await this.#decide(incident)) === 403 ? true : undefined))
    incident.isRevoked = true
    await this.#until(async () => ((await of('page'))?.state === 'accepted' ? true : undefined))
    await this.#ask(`/api/v1/findings/${revoke.findingId}`, 'PATCH', { status: 'falsePositive' })
    incident.isRevoked = false
    await this.#ask(`/api/v1/sessions/${await this.#sessionId(incident)}/restore`, 'POST', {}, `restore-${n}`)
    await this.#until(async () => ((await this.#decide(incident)) === 200 ? true : undefined))
    await this.#until(async () =>
      (await this.#actions(incident)).every(({ state }) => state === 'undone') &&
      this.#receiver.of(revoke.incidentId).includes('agenttrail.page.resolved')
        ? true
        : undefined,
    )
    const actions = await this.#actions(incident)
    const told = this.#receiver.of(revoke.incidentId)
    const resolved = told.filter((type) => type === 'agenttrail.page.resolved').length
    return {
      actions: actions.length,
      unfinished: 4 - actions.filter(({ state }) => state === 'undone').length,
      isPageRight: told[0] === 'agenttrail.page.open' && resolved === 1 && told.at(-1) === 'agenttrail.page.resolved',
    }
  }

  #send({ session, agent }: Incident): Promise<unknown> {
    const event = {
      id: `${session}-forbidden`,
      time: new Date().toISOString(),
      product: 'gateway-1',
      decision: 'allow',
      principal: { userId: 'mira', agentId: agent },
      session: { mcpSessionId: session },
      request: { method: 'tools/call', tool: 'forbidden', jsonrpcId: 1, server: 'github' },
    }
    return this.#ask('/v1/records?format=agenttrail', 'POST', event, `record-${session}`)
  }

  async #sessionId({ agent }: Incident): Promise<string> {
    const found = await this.#until(async () => {
      const { items } = (await this.#ask(`/api/v1/sessions?agent=${agent}`)) as { readonly items: readonly Shown[] }
      return items[0]
    })
    return found.id
  }

  async #actions(incident: Incident): Promise<readonly Shown[]> {
    const target = encodeURIComponent(`session:${await this.#sessionId(incident)}`)
    const { items } = (await this.#ask(`/api/v1/actions?target=${target}`)) as { readonly items: readonly Shown[] }
    return items
  }

  async #decide({ session }: Incident): Promise<number> {
    const call = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'search' } }
    const { status } = await this.#fetch('/decide', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'mcp-session-id': session },
      body: JSON.stringify(call),
    })
    return status
  }

  async #ask(path: string, method = 'GET', body?: object, key?: string): Promise<unknown> {
    const { status, text } = await this.#fetch(path, {
      method,
      headers: {
        'content-type': path.startsWith('/v1/') ? 'application/x-ndjson' : 'application/json',
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    // Nothing is left to be restored where the answer of a restore was lost with the server.
    if (status >= 400 && status !== 404 && status !== 503)
      throw new Error(`${method} ${path} answered ${status}: ${text}`)
    return JSON.parse(text)
  }

  /** The server's answer, from the one that comes after it if it dies meanwhile. Everything asked here may be asked again. */
  async #fetch(path: string, init: RequestInit): Promise<{ readonly status: number; readonly text: string }> {
    for (;;) {
      const server = this.#server
      if (server === null) throw new Error('there is no server')
      try {
        const response = await fetch(server.url + path, { ...init, signal: AbortSignal.timeout(10_000) })
        return { status: response.status, text: await response.text() }
      } catch (cause) {
        const outcome = await Promise.race([server.ended, delay(5_000, '')])
        if (outcome === '') continue
        if (outcome !== 'SIGKILL')
          throw new Error(`The server ended by itself (${outcome}).\n${server.output()}`, { cause })
        this.#kills += 1
        // A full run takes minutes: one that is broken off still tells how far it came.
        console.log(`killed at: ${this.#point}`)
        await this.#start()
      }
    }
  }

  async #start(): Promise<void> {
    const point = this.#points.shift() ?? ''
    this.#point = point
    this.#isArmed = point !== ''
    const [type, isUnanswered] = point.split(' unanswered')
    const server = await startProcess({
      args: ['--import', join(root, 'scripts/crash-point.ts'), join(root, 'src/cli/main.ts'), 'serve'],
      dataDir: this.#dataDir,
      port: this.#port,
      readyPath: '/health/live',
      env: {
        AGENTTRAIL_CONFIG: join(this.#dataDir, 'agenttrail.yaml'),
        AGENTTRAIL_OTLP_ADDRESS: 'off',
        AGENTTRAIL_DECISION_ADDRESS: 'off',
        AGENTTRAIL_RULES_DIR: join(root, 'scripts/crash-rules'),
        CRASH_POINT: point,
      },
    })
    this.#server = server
    this.#startedMs = performance.now()
    if (isUnanswered !== undefined && type !== undefined) this.#receiver.before(type, () => server.kill('SIGKILL'))
    if (this.#current?.isRevoked) await this.#assertRevoked(this.#current)
  }

  /** Until it knows what is revoked it lets pass; from then on the session must be denied. */
  async #assertRevoked(incident: Incident): Promise<void> {
    const isDenied = async () => ((await this.#decide(incident)) === 403 ? true : undefined)
    await this.#until(isDenied, 20_000).catch(() => {
      this.#revocationsLost += 1
    })
  }

  async #until<T>(read: () => Promise<T | undefined>, msMax = incidentMsMax): Promise<T> {
    const began = performance.now()
    // A server that was killed meanwhile has its time again.
    while (performance.now() < Math.max(began, this.#startedMs) + msMax) {
      const value = await read()
      if (value !== undefined) return value
      await delay(50)
    }
    throw new Error(`what was to come did not come within ${msMax / 1000} s\n${this.#server?.output() ?? ''}`)
  }
}

/** Kills a server at each of the points in turn. */
export const crashActions = async (points: readonly string[]): Promise<ActionVerdict> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'agenttrail-crash-actions-'))
  const receiver = await startPageReceiver()
  const secretFile = join(dataDir, 'page-secret')
  await writeFile(secretFile, randomBytes(24).toString('base64'))
  const settings = {
    response: 'enforce',
    lateness: '1s',
    sourceSilent: '1s',
    revocationsPerMinuteMax: 10_000,
    revocationsPerHourMax: 10_000,
    policy: { quietPeriod: '0s', pagesPerHourMax: 10_000 },
    pages: [{ type: 'webhook', url: receiver.url, secretFile }],
  }
  await writeFile(join(dataDir, 'agenttrail.yaml'), JSON.stringify(settings))
  try {
    const drill = new ActionDrill({ points, dataDir, receiver, port: await freePort() })
    return await drill.run()
  } finally {
    receiver.close()
    await rm(dataDir, { recursive: true, force: true })
  }
}
