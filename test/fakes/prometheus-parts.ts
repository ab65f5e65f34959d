import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../../bench/free-port.ts'

const required = (process.env['AGENTTRAIL_REQUIRE'] ?? '').split(',')
const commands = { alertmanager: '/usr/bin/prometheus-alertmanager', prometheus: '/usr/bin/prometheus' } as const

/** Whether to leave out what needs Prometheus and Alertmanager; says so in a line. Asked for, they are never left out. */
export const isPrometheusMissing = (): boolean => {
  const missing = Object.entries(commands).find(([, command]) => !existsSync(command))
  if (missing === undefined || required.includes('prometheus')) return false
  console.log(`skipped: what needs ${missing[0]} (Debian's prometheus and prometheus-alertmanager)`)
  return true
}

export interface Part {
  readonly url: string
  readonly stop: () => Promise<void>
}

/** Starts a program with its settings in a folder of its own, and waits until it is ready. */
const startPart = async (
  part: keyof typeof commands,
  { files, args }: { readonly files: Readonly<Record<string, string>>; readonly args: readonly string[] },
): Promise<Part> => {
  const dir = await mkdtemp(join(tmpdir(), `agenttrail-${part}-`))
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text)
  const url = `http://127.0.0.1:${await freePort()}`
  const own = [`--web.listen-address=${url.slice('http://'.length)}`, `--config.file=${join(dir, 'config.yml')}`]
  const child = spawn(commands[part], [...own, ...args], { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] })
  const printed: Buffer[] = []
  child.stderr.on('data', (bytes: Buffer) => printed.push(bytes))
  const isReady = () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    )
  for (let tries = 0; !(await isReady()); tries += 1) {
    if (tries > 300 || child.exitCode !== null) throw new Error(`${part} does not start: ${Buffer.concat(printed)}`)
    await delay(100)
  }
  return {
    url,
    stop: async () => {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** An Alertmanager that groups by realm and tells `receiver` within moments. */
export const startAlertmanager = (receiver: string): Promise<Part> => {
  const config = {
    route: {
      receiver: 'duty',
      group_by: ['alertname', 'realm'],
      group_wait: '300ms',
      group_interval: '500ms',
      repeat_interval: '1h',
    },
    receivers: [{ name: 'duty', webhook_configs: [{ url: receiver, send_resolved: true }] }],
  }
  return startPart('alertmanager', {
    files: { 'config.yml': JSON.stringify(config) },
    args: ['--cluster.listen-address=', '--storage.path=data'],
  })
}

/** A Prometheus that reads `target`'s metrics every moment, with our alert rules, and tells `alertmanager`. */
export const startPrometheus = (deps: {
  readonly target: string
  readonly alertmanager: string
  readonly rules: string
}): Promise<Part> => {
  const host = (url: string): string => url.slice('http://'.length)
  const config = {
    global: { scrape_interval: '250ms', scrape_timeout: '250ms', evaluation_interval: '250ms' },
    rule_files: ['rules.yml'],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [host(deps.alertmanager)] }] }] },
    scrape_configs: [{ job_name: 'agenttrail', static_configs: [{ targets: [host(deps.target)] }] }],
  }
  return startPart('prometheus', {
    files: { 'config.yml': JSON.stringify(config), 'rules.yml': deps.rules },
    args: ['--storage.tsdb.path=data'],
  })
}
