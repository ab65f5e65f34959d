import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const parts = `${root}test/otlp-parts`
const cache = `${root}.cache/otlp-parts`
const required = (process.env['AGENTTRAIL_REQUIRE'] ?? '').split(',')

/** A program of another language's that a test can run. `.ci/otlp-parts` installs them below `.cache`. */
interface Part {
  /** What `AGENTTRAIL_REQUIRE` calls it. */
  readonly name: string
  readonly command: string
}

export const pythonOtel: Part = { name: 'python-otel', command: `${cache}/python/bin/python` }
export const goOtel: Part = { name: 'go-otel', command: `${cache}/send-spans` }
export const otelCollector: Part = { name: 'otel-collector', command: `${cache}/collector` }

/** Whether to leave out what needs a part; says so in a line. A part that is asked for is never left out. */
export const isMissing = ({ name, command }: Part): boolean => {
  if (existsSync(command) || required.includes(name)) return false
  console.log(`skipped: what needs ${name} (.ci/otlp-parts installs it)`)
  return true
}

/** Runs a program that sends spans to an OTLP endpoint; throws with what it printed if it fails. */
export const sendSpans = async (
  language: 'javascript' | 'python' | 'go',
  to: { readonly endpoint: string; readonly encoding: 'json' | 'protobuf' },
): Promise<void> => {
  const [command, ...args] = {
    javascript: [process.execPath, `${parts}/send-spans.mjs`],
    python: [pythonOtel.command, `${parts}/send_spans.py`, to.encoding],
    go: [goOtel.command],
  }[language] as [string, ...string[]]
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: to.endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: `http/${to.encoding}`,
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_NODE_RESOURCE_DETECTORS: 'none',
    },
  })
  const printed: Buffer[] = []
  child.stdout.on('data', (bytes: Buffer) => printed.push(bytes))
  child.stderr.on('data', (bytes: Buffer) => printed.push(bytes))
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${Buffer.concat(printed)}`)
}

/** An OpenTelemetry Collector that passes all it gets on to an endpoint, in one of the encodings. */
export const startCollector = async (to: { readonly endpoint: string; readonly encoding: 'json' | 'protobuf' }) => {
  const port = await freePort()
  const config = {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    exporters: {
      otlphttp: {
        endpoint: to.endpoint,
        encoding: to.encoding === 'json' ? 'json' : 'proto',
        sending_queue: { enabled: false },
      },
    },
    service: {
      telemetry: { metrics: { level: 'none' }, logs: { level: 'error' } },
      pipelines: { traces: { receivers: ['otlp'], exporters: ['otlphttp'] } },
    },
  }
  const child = spawn(otelCollector.command, [JSON.stringify(config)], { stdio: ['ignore', 'ignore', 'inherit'] })
  const endpoint = `http://127.0.0.1:${port}`
  for (let tries = 0; !(await answers(endpoint)); tries += 1) {
    if (tries > 200 || child.exitCode !== null) throw new Error('the Collector does not start')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const stop = async (): Promise<void> => {
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    await gone
  }
  return { endpoint, stop }
}

const answers = (endpoint: string): Promise<boolean> =>
  fetch(endpoint).then(
    () => true,
    () => false,
  )

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
