import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { collectorCheck, composeLoader, lacksPart, runDeployPart } from '../fakes/deploy-parts.ts'

/*
 * Goal: `docker compose up` has what it needs on a fresh machine, and gives nothing away.
 * Method: compose's own loader reads the file; files that it mounts exist; images are pinned and ports stay on this machine;
 * the one-shot step that makes secrets is run, twice.
 */
const root = new URL('../..', import.meta.url).pathname

interface Service {
  readonly image: string
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly user?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly security_opt?: readonly string[]
}

const compose = parse(readFileSync(`${root}docker-compose.yml`, 'utf8'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>
}
const services = Object.entries(compose.services)

describe.skipIf(lacksPart(composeLoader))('compose', () => {
  test.each([[[]], [['AGENTTRAIL_SETTINGS=./deploy/compose/agenttrail-kafka.yaml', 'AGENTTRAIL_VERSION=1.2.3']]])(
    'loads the file with %j',
    async (variables) => {
      const loaded = await runDeployPart(composeLoader, [`${root}docker-compose.yml`, ...variables])
      expect(loaded, loaded.printed).toMatchObject({ isOk: true })
      expect(loaded.answer.split('\n').map((line) => line.split(' ')[0])).toEqual(Object.keys(compose.services).sort())
    },
  )

  test('refuses a file with a mistake', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'agenttrail-test-'))
    const file = join(directory, 'docker-compose.yml')
    writeFileSync(file, 'services: { a: { image: a, depend_on: [b] } }\n')
    expect(await runDeployPart(composeLoader, [file])).toMatchObject({ isOk: false })
    rmSync(directory, { recursive: true })
  })
})

describe.skipIf(lacksPart(collectorCheck))('the Collector', () => {
  test.each(['deploy/otel-collector/config.yaml'])('takes %s', async (file) => {
    const secret = mkdtempSync(join(tmpdir(), 'agenttrail-test-'))
    writeFileSync(join(secret, 'ingest-authorization'), 'Bearer token-1')
    const text = readFileSync(`${root}${file}`, 'utf8')
    writeFileSync(join(secret, 'config.yaml'), text.replaceAll('/run/agenttrail-secrets', secret))
    const checked = await runDeployPart(collectorCheck, ['validate', `--config=${secret}/config.yaml`])
    expect(checked, checked.printed).toMatchObject({ isOk: true })
    writeFileSync(join(secret, 'config.yaml'), text.replace('send_batch_size', 'send_batch_sizes'))
    expect(await runDeployPart(collectorCheck, ['validate', `--config=${secret}/config.yaml`])).toMatchObject({
      isOk: false,
    })
    rmSync(secret, { recursive: true })
  })
})

test.each(services)('%s is pinned, hardened, and reached from this machine only', (_name, service) => {
  expect(service.image).toMatch(/:(v?\d+\.\d+(\.\d+)?|\$\{AGENTTRAIL_VERSION:-local\})$/)
  expect((service.ports ?? []).filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([])
  expect(service.security_opt).toEqual(['no-new-privileges:true'])
  for (const [name, value] of Object.entries(service.environment ?? {})) {
    if (/password|secret|token/i.test(name)) expect(value).toMatch(/^\/run\/agenttrail-secrets\//)
  }
})

test('whatever it mounts from the checkout is there', () => {
  const mounted = services
    .flatMap(([, { volumes }]) => volumes ?? [])
    .map((volume) => /^(?:\$\{\w+:-)?(\.\/[^:}]+)/.exec(volume)?.[1] ?? '')
    .filter((path) => path !== '')
  expect(mounted.length).toBeGreaterThan(10)
  expect(mounted.filter((path) => !existsSync(join(root, path)))).toEqual([])
  expect(existsSync(join(root, 'deploy/compose/agenttrail-kafka.yaml'))).toBe(true)
})

describe('the step that makes secrets', () => {
  let directory: string
  const run = (): string =>
    execFileSync(process.execPath, ['deploy/compose/make-secrets.mjs'], {
      cwd: root,
      encoding: 'utf8',
      env: {
        ...process.env,
        SECRETS_ROOT: join(directory, 'secrets'),
        AGENTTRAIL_DATA_DIR: join(directory, 'data'),
        SECRETS_PROGRAM: join(root, 'bin/agenttrail.mjs'),
      },
    })
  const secret = (name: string): string => readFileSync(join(directory, 'secrets', name), 'utf8')
  const all = (): readonly string[] =>
    readdirSync(join(directory, 'secrets'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'agenttrail-test-'))
    run()
  })
  afterAll(() => rmSync(directory, { recursive: true }))

  test('makes each for whom it is meant, for nobody else to read', () => {
    expect(all()).toHaveLength(10)
    for (const file of all()) expect((statSync(file).mode & 0o777).toString(8), file).toBe('400')
    const owners = new Set(
      services.flatMap(([, { volumes }]) => volumes ?? []).flatMap((each) => each.match(/^secrets-\w+/) ?? []),
    )
    const made = new Set(all().map((file) => `secrets-${dirname(file).split('/').at(-1)}`))
    expect(made).toEqual(owners)
  })

  test('gives ClickHouse hashes, and nobody the password of another', () => {
    const users = secret('clickhouse/agenttrail-users.xml')
    expect(users).not.toContain('SHA256<')
    expect(users.match(/<password_sha256_hex>[0-9a-f]{64}</g)).toHaveLength(2)
    for (const name of ['agenttrail/store-password', 'grafana/grafana-reader'])
      expect(users).not.toContain(secret(name))
    expect(secret('agenttrail/store-url')).toBe(
      `http://agenttrail:${secret('agenttrail/store-password')}@clickhouse:8123/default`,
    )
  })

  test('leaves alone what is there', () => {
    const before = all().map((file) => readFileSync(file, 'utf8'))
    expect(run()).toBe('')
    expect(all().map((file) => readFileSync(file, 'utf8'))).toEqual(before)
  })

  test('makes tokens that the server knows', () => {
    const listed = execFileSync(process.execPath, ['bin/agenttrail.mjs', 'tokens', 'list', '--json'], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, AGENTTRAIL_DATA_DIR: join(directory, 'data') },
    })
    const tokens = (JSON.parse(listed) as { items: { name: string; roles: string[] }[] }).items
    expect(tokens.map(({ name, roles }) => `${name} ${roles}`).sort()).toEqual([
      'fluent-bit ingest',
      'otel-collector ingest',
      'prometheus viewer',
    ])
  })
})
