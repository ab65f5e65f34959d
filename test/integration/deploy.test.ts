import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { analyseBodies } from '../fakes/analyse-bodies.ts'
import { lacksPart, manifestDecoder, runDeployPart } from '../fakes/deploy-parts.ts'
import { isAbsent, runPart, systemdAnalyze } from '../fakes/system-part.ts'

/*
 * Goal: what operators copy from deploy/ works: manifests are what Kubernetes takes and fit together, the unit is what systemd
 * takes, and lines arrive readable in every shape that the shippers send them in.
 * Method: Kubernetes' own types and systemd's own check; lines of a real Pomerium in those shapes.
 */
const directory = 'deploy/kubernetes'
const files = readdirSync(directory).map((file) => `${directory}/${file}`)

interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly spec: Record<string, never> & {
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> }
      readonly spec: {
        readonly automountServiceAccountToken: boolean
        readonly containers: readonly {
          readonly image: string
          readonly resources: { readonly requests: object; readonly limits: object }
          readonly livenessProbe?: object
          readonly readinessProbe?: object
          readonly ports: readonly { readonly name: string }[]
          readonly securityContext: Readonly<Record<string, unknown>>
        }[]
      }
    }
    readonly selector: { readonly matchLabels?: Readonly<Record<string, string>> } & Readonly<Record<string, unknown>>
    readonly ports: readonly { readonly targetPort: string }[]
  }
}

const manifests = files.flatMap((file) =>
  parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as Manifest),
)
const named = (kind: string, name: string): Manifest => {
  const found = manifests.find((each) => each.kind === kind && each.metadata.name === name)
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`)
  return found
}
const workloads = manifests.filter(({ kind }) => kind === 'StatefulSet' || kind === 'DaemonSet')

describe.skipIf(lacksPart(manifestDecoder))('Kubernetes', () => {
  test('knows every field of every manifest', async () => {
    const decoded = await runDeployPart(manifestDecoder, files)
    expect(decoded, decoded.printed).toMatchObject({ isOk: true })
    expect(decoded.answer.split('\n')).toHaveLength(manifests.length)
  })

  test('refuses a field that there is not', async () => {
    const copy = mkdtempSync(join(tmpdir(), 'agenttrail-test-'))
    onTestFinished(() => rmSync(copy, { recursive: true }))
    const text = readFileSync(`${directory}/agenttrail.yaml`, 'utf8')
    writeFileSync(join(copy, 'wrong.yaml'), text.replace('readinessProbe', 'readyProbe'))
    expect(await runDeployPart(manifestDecoder, [join(copy, 'wrong.yaml')])).toMatchObject({ isOk: false })
  })
})

test.each(workloads)('$metadata.name is probed, bounded, and has no more rights than it needs', ({ spec }) => {
  expect(spec.template.spec.automountServiceAccountToken).toBe(false)
  expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels ?? {})
  for (const { image, resources, livenessProbe, readinessProbe, securityContext } of spec.template.spec.containers) {
    expect(image).toMatch(/:\d+\.\d+\.\d+$/)
    expect(resources).toMatchObject({ requests: { cpu: expect.any(String) }, limits: { memory: expect.any(String) } })
    expect([livenessProbe, readinessProbe]).not.toContain(undefined)
    expect(securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
  }
})

test('the service leads to ports that the container names', () => {
  const ports = named('StatefulSet', 'agenttrail').spec.template.spec.containers[0]?.ports.map(({ name }) => name)
  expect(named('Service', 'agenttrail').spec.ports.map(({ targetPort }) => targetPort)).toEqual(ports)
})

test('nothing goes in or out of the namespace but what a policy names', () => {
  const policy = named('NetworkPolicy', 'nothing-by-default')
  expect(policy.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] })
})

test.skipIf(isAbsent(systemdAnalyze))('systemd takes the unit', () => {
  const copy = mkdtempSync(join(tmpdir(), 'agenttrail-test-'))
  onTestFinished(() => rmSync(copy, { recursive: true }))
  const unit = readFileSync('deploy/systemd/agenttrail.service', 'utf8')
  const verify = (text: string) => {
    const file = join(copy, 'agenttrail.service')
    // The program and the page are not installed here.
    writeFileSync(file, text.replace('/usr/bin/node', '/bin/true').replace(/^Documentation.*$/m, ''))
    return runPart(systemdAnalyze, ['verify', '--man=no', file])
  }
  expect(verify(unit).printed).toBe('')
  expect(verify(unit.replace('RestartSec', 'RestartSecs')).printed).toContain('RestartSecs')
})

describe('lines of a real Pomerium', () => {
  const lines = readFileSync('test/fixtures/pomerium-live/b-denied-tool.jsonl', 'utf8').trim().split('\n')
  const receivedMs = Date.parse('2026-11-24T12:00:00Z')
  const time = '2026-11-24T09:00:00.000000Z'
  const read = (body: string) => analyseBodies([{ source: 'pomerium', body: Buffer.from(body) }], receivedMs)
  const ids = ({ calls }: ReturnType<typeof read>): readonly string[] =>
    calls.map((call) => `${call.tool} ${call.decision} ${call.httpRequestId}`).sort()
  const plain = ids(read(lines.join('\n')))

  test('tell of calls', () => {
    expect(plain.length).toBeGreaterThan(0)
    expect(plain.some((call) => call.includes(' deny '))).toBe(true)
  })

  test.each([
    ['Vector', (line: string) => line],
    ["a container runtime's file", (line: string) => `${time} stdout F ${line}`],
    ['Fluent Bit', (line: string) => JSON.stringify({ time, stream: 'stdout', _p: 'F', log: line })],
    ["Docker's fluentd driver", (line: string) => JSON.stringify({ log: line, stream: 'stdout', time })],
  ])('tell the same as %s sends them', (_shipper, wrapped) => {
    expect(ids(read(lines.map(wrapped).join('\n')))).toEqual(plain)
  })
})

test('shippers send to addresses that the server has', () => {
  const vector = parse(readFileSync('deploy/vector/vector.yaml', 'utf8')) as { sinks: { agenttrail: { uri: string } } }
  const uri = new URL(vector.sinks.agenttrail.uri)
  expect([uri.port, uri.pathname]).toEqual(['9470', '/v1/records'])
  for (const file of ['deploy/fluent-bit/compose.conf', `${directory}/pomerium-logs.yaml`]) {
    expect(readFileSync(file, 'utf8')).toMatch(/port +9470\n +uri +\/v1\/records\?format=pomerium&source=pomerium/)
  }
})
