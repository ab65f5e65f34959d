// The one-shot step of docker-compose.yml: makes whatever secret is missing, each in the volume of whom it is for, readable
// by nobody else. What exists stays, so that every `docker compose up` may run it. Runs as root, to give files away.
import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const root = process.env.SECRETS_ROOT ?? '/secrets'
const dataDir = process.env.AGENTTRAIL_DATA_DIR ?? '/data'
const program = process.env.SECRETS_PROGRAM ?? '/app/bin/agenttrail.mjs'

/** Whom the images run as. */
const owners = {
  agenttrail: 1000,
  clickhouse: 101,
  collector: 10001,
  fluentbit: 0,
  grafana: 472,
  pomerium: 65532,
  prometheus: 65534,
}

const random = () => randomBytes(32).toString('base64url')
const pathOf = (owner, name) => join(root, owner, name)

const give = (path, owner) => {
  if (process.getuid?.() === 0) chownSync(path, owners[owner], owners[owner])
}

const write = (owner, name, text) => {
  const path = pathOf(owner, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text, { mode: 0o400 })
  chmodSync(path, 0o400)
  give(path, owner)
  give(dirname(path), owner)
  process.stdout.write(`made ${owner}/${name}\n`)
}

/** Makes a secret unless it is there. */
const secret = (owner, name, make) => {
  if (!existsSync(pathOf(owner, name))) write(owner, name, make())
  return readFileSync(pathOf(owner, name), 'utf8')
}

const token = (name, role) => {
  const made = spawnSync(
    process.execPath,
    [program, 'tokens', 'create', name, '--role', role, '--realm', '*', '--expires', '3650d'],
    {
      encoding: 'utf8',
      env: { ...process.env, AGENTTRAIL_DATA_DIR: dataDir },
    },
  )
  if (made.status !== 0) throw new Error(`agenttrail tokens create ${name}: ${made.error ?? made.stderr}`)
  return made.stdout.trim()
}

const ownDataDir = (directory) => {
  give(directory, 'agenttrail')
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) ownDataDir(path)
    else give(path, 'agenttrail')
  }
}

const storePassword = secret('agenttrail', 'store-password', random)
secret('agenttrail', 'store-url', () => `http://agenttrail:${storePassword}@clickhouse:8123/default`)
const readerPassword = secret('grafana', 'grafana-reader', random)
secret('grafana', 'admin-password', random)
secret('prometheus', 'metrics-token', () => token('prometheus', 'viewer'))
secret('collector', 'ingest-authorization', () => `Bearer ${token('otel-collector', 'ingest')}`)
secret('fluentbit', 'ingest.conf', () => `@SET ingest_token=${token('fluent-bit', 'ingest')}\n`)
secret('pomerium', 'shared-secret', () => randomBytes(32).toString('base64'))
secret('pomerium', 'cookie-secret', () => randomBytes(32).toString('base64'))

// ClickHouse keeps hashes only. The template stays readable beside it; the two names in it are replaced.
const sha256 = (text) => createHash('sha256').update(text).digest('hex')
secret('clickhouse', 'agenttrail-users.xml', () =>
  readFileSync(new URL('../clickhouse/users.xml', import.meta.url), 'utf8')
    .replace('STORE_PASSWORD_SHA256', sha256(storePassword))
    .replace('READER_PASSWORD_SHA256', sha256(readerPassword)),
)
mkdirSync(dataDir, { recursive: true })
ownDataDir(dataDir)
