import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { authorizeLine } from './pomerium-lines.ts'
import { quantile, runLoad } from './run-load.ts'
import { type ServerProcess, startAgenttrail, stopProcess } from './server-process.ts'

const lines = 1_000
const connections = 4
/** Half of what this machine takes in, as far as nothing else is said. */
const eventsPerSecond = Number(process.env['AGENTTRAIL_BENCH_EVENTS_PER_SECOND'] ?? 15_000)
const probesPerSecond = 2
const foundWaitMs = 60_000
const pollMs = 10

/** Milliseconds from the acknowledgement of the calls that set a rule off until the API shows the finding, under load. */
export const measureDelay = async (
  seconds: number,
): Promise<{ readonly detectP50Ms: number; readonly detectP99Ms: number }> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'agenttrail-bench-'))
  const server = await startAgenttrail({ dataDir })
  try {
    const postsPerSecond = eventsPerSecond / lines
    const load = runLoad({ url: server.url, lines, connections, seconds, postsPerSecond, firstSerial: 0x1000_0000 })
    const delaysMs: Promise<number>[] = []
    for (let probe = 0; probe < seconds * probesPerSecond; probe += 1) {
      delaysMs.push(probeOnce(server, probe))
      await delay(1_000 / probesPerSecond)
    }
    await load
    const sorted = (await Promise.all(delaysMs)).toSorted((a, b) => a - b)
    return { detectP50Ms: Math.round(quantile(sorted, 0.5)), detectP99Ms: Math.round(quantile(sorted, 0.99)) }
  } finally {
    await stopProcess(server)
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** An agent of its own is refused until `deny-burst` fires. */
const probeOnce = async (server: ServerProcess, probe: number): Promise<number> => {
  const user = `probe-${probe}`
  const time = `${new Date().toISOString().slice(0, 19)}Z`
  const body = Array.from({ length: 12 }, (_, at) => authorizeLine({ ...requestOf(user, at), time })).join('\n')
  const answer = await fetch(`${server.url}/v1/records?format=pomerium&source=probe`, { method: 'POST', body })
  if (!answer.ok) throw new Error(`a probe was answered with ${answer.status}`)
  const acceptedMs = performance.now()
  while (performance.now() < acceptedMs + foundWaitMs) {
    const url = `${server.url}/api/v1/findings?rule=deny-burst&limit=1000`
    const { items } = (await (await fetch(url)).json()) as { items: { session: { user: { id: string } } }[] }
    if (items.some((item) => item.session.user.id === user)) return performance.now() - acceptedMs
    await delay(pollMs)
  }
  throw new Error(`no finding was shown within ${foundWaitMs / 1_000} s\n${server.output()}`)
}

const requestOf = (user: string, at: number) => ({
  requestId: `${user}-${at}-4b1d-9c3e-5a7f20c4d1e6`,
  authSession: `${user}-17a1-4711-b00c-a67128bb0dc0`,
  mcpSession: `${user}-13dd-46b3-81e8-5f5b11cf1c4d`,
  user,
  email: `${user}@acme.test`,
  traceparent: '',
  tool: 'delete_repository',
  isDenied: true,
  server: 'github-mcp',
  variation: at,
})
