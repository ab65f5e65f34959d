import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client, credentials } from '@grpc/grpc-js'
import { messageType } from '../src/respond/decision/grpc-messages.ts'
import { askingSessions, createBenchDecide, requestOf, sessionId } from './decide-setup.ts'
import { ownCpuSeconds } from './process-usage.ts'
import { quantile } from './run-load.ts'

const decisionPath = '/envoy.service.auth.v3.Authorization/Check'
const emptyPath = '/empty.Empty/Check'
/** Requests under way at once: what a busy gateway has. */
const inFlight = 64
const warmupSeconds = 2
/** The two are measured in turns, so that what else the machine does meets both. */
const turns = 4

/** `npm run bench -- decide`: decisions with 100,000 revocations in memory, beside an empty service of the same library. */
export const decide = async ({ seconds }: { readonly seconds: number }): Promise<void> => {
  const decisionsPerSecondInProcess = measureInProcess(seconds / 4)
  const child = fork(fileURLToPath(new URL('decide-server.ts', import.meta.url)))
  const [ports] = (await once(child, 'message')) as [{ decisionPort: number; emptyPort: number }]
  try {
    report({ ...(await measureGrpc({ ...ports, pid: child.pid ?? 0 }, seconds)), decisionsPerSecondInProcess })
  } finally {
    await end(child)
  }
}

interface Result {
  readonly decisionsPerSecondGrpc: number
  readonly echoPerSecondGrpc: number
  /** Of the service's process, per call: what the rates say on a machine that does nothing else. */
  readonly cpuMicrosPerDecision: number
  readonly cpuMicrosPerEcho: number
  readonly p99Ms: number
  readonly decisionsPerSecondInProcess: number
}

const measureGrpc = async (
  service: { readonly decisionPort: number; readonly emptyPort: number; readonly pid: number },
  seconds: number,
) => {
  const { pid } = service
  const ask = asker(service.decisionPort, decisionPath)
  const echo = asker(service.emptyPort, emptyPath)
  await atFullSpeed(ask.send, { pid, seconds: warmupSeconds })
  await atFullSpeed(echo.send, { pid, seconds: warmupSeconds })
  const asked: Phase[] = []
  const echoed: Phase[] = []
  for (let turn = 0; turn < turns; turn += 1) {
    asked.push(await atFullSpeed(ask.send, { pid, seconds: seconds / turns }))
    echoed.push(await atFullSpeed(echo.send, { pid, seconds: seconds / turns }))
  }
  const decisionsPerSecondGrpc = rateOf(asked)
  const latenciesMs = await atRate(ask.send, { perSecond: decisionsPerSecondGrpc / 2, seconds: seconds / 2 })
  ask.close()
  echo.close()
  return {
    decisionsPerSecondGrpc,
    echoPerSecondGrpc: rateOf(echoed),
    cpuMicrosPerDecision: cpuOf(asked),
    cpuMicrosPerEcho: cpuOf(echoed),
    p99Ms: Number(
      quantile(
        latenciesMs.toSorted((a, b) => a - b),
        0.99,
      ).toFixed(2),
    ),
  }
}

interface Phase {
  readonly calls: number
  readonly seconds: number
  readonly cpuSeconds: number
}

const sum = (phases: readonly Phase[], of: keyof Phase): number => phases.reduce((total, phase) => total + phase[of], 0)
const rateOf = (phases: readonly Phase[]): number => Math.round(sum(phases, 'calls') / sum(phases, 'seconds'))
const cpuOf = (phases: readonly Phase[]): number =>
  Number(((sum(phases, 'cpuSeconds') * 1_000_000) / sum(phases, 'calls')).toFixed(1))

const measureInProcess = (seconds: number): number => {
  const decideOne = createBenchDecide()
  const requests = Array.from({ length: askingSessions }, (_, at) => requestOf(at))
  let decided = 0
  let denied = 0
  const began = performance.now()
  let endMs = began
  while (endMs - began < seconds * 1000) {
    for (const request of requests) if (!decideOne(request).isAllowed) denied += 1
    decided += requests.length
    endMs = performance.now()
  }
  if (denied !== decided / 10) throw new Error(`${denied} of ${decided} were denied: a tenth was expected`)
  return Math.round((decided * 1000) / (endMs - began))
}

type Send = (at: number) => Promise<void>

/** Sends ready-made messages, so that the client's own work is the same for both services. */
const asker = (port: number, path: string): { readonly send: Send; readonly close: () => void } => {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  const asItIs = (bytes: Buffer): Buffer => bytes
  const messages = Array.from({ length: 1000 }, (_, at) => encodeCheck(at * 7))
  return {
    send: (at) =>
      new Promise((resolve, reject) => {
        const message = messages[at % messages.length] ?? Buffer.alloc(0)
        client.makeUnaryRequest(path, asItIs, asItIs, message, (error) => (error === null ? resolve() : reject(error)))
      }),
    close: () => client.close(),
  }
}

/** What Envoy sends for one MCP request. */
const encodeCheck = (at: number): Buffer => {
  const headers = {
    ':method': 'POST',
    ':path': '/mcp',
    ':authority': 'mcp.example.com',
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'user-agent': 'bench/1.0',
    'x-request-id': `bench-request-${at}`,
    'x-forwarded-for': '10.0.0.1',
    'mcp-session-id': sessionId(at % askingSessions),
    'mcp-protocol-version': '2025-06-18',
    'x-pomerium-claim-email': `user-${at % 1000}@example.com`,
  }
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: at,
    method: 'tools/call',
    params: { name: 'search_issues', arguments: { query: 'is:open label:bug' } },
  })
  const http = { id: String(at), method: 'POST', headers, path: '/mcp', host: 'mcp.example.com', body }
  return Buffer.from(
    messageType('CheckRequest')
      .encode({ attributes: { request: { http } } })
      .finish(),
  )
}

const atFullSpeed = async (
  send: Send,
  { pid, seconds }: { readonly pid: number; readonly seconds: number },
): Promise<Phase> => {
  const cpuBefore = ownCpuSeconds(pid)
  const began = performance.now()
  const untilMs = began + seconds * 1000
  let calls = 0
  const run = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      calls += 1
      await send(calls)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, run))
  return { calls, seconds: (performance.now() - began) / 1000, cpuSeconds: ownCpuSeconds(pid) - cpuBefore }
}

/** Sends at a rate whatever the answers do; a late answer does not slow down what comes after it. */
const atRate = async (send: Send, options: { readonly perSecond: number; readonly seconds: number }) => {
  const latenciesMs: number[] = []
  const pending: Promise<void>[] = []
  const total = Math.floor(options.perSecond * options.seconds)
  const began = performance.now()
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * options.perSecond))
    for (; sent < due; sent += 1) {
      const sentAt = performance.now()
      pending.push(send(sent).then(() => void latenciesMs.push(performance.now() - sentAt)))
    }
    // A busy loop would take the core that the service needs.
    await sleep(1)
  }
  await Promise.all(pending)
  return latenciesMs
}

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null) return
  const ended = once(child, 'exit')
  child.disconnect()
  await ended
}

const report = (result: Result): void => {
  const ratio = Number((result.decisionsPerSecondGrpc / result.echoPerSecondGrpc).toFixed(3))
  console.log('Decision service, 100,000 revocations in memory')
  console.log(`  over gRPC          ${result.decisionsPerSecondGrpc}/s, ${result.cpuMicrosPerDecision} µs of CPU each`)
  console.log(
    `  empty gRPC service ${result.echoPerSecondGrpc}/s, ${result.cpuMicrosPerEcho} µs of CPU each; ratio ${ratio}`,
  )
  console.log(`  at half that rate  p99 ${result.p99Ms} ms`)
  console.log(`  in process         ${result.decisionsPerSecondInProcess} decisions/s`)
  console.log(JSON.stringify({ ...result, ratio }))
}
