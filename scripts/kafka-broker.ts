import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from '../bench/free-port.ts'

/** The broker's jars, which `.ci/kafka-parts` installs. */
export const brokerLibs = fileURLToPath(new URL('../.cache/kafka/libs', import.meta.url))

/** Who may come in through the listener with TLS and SASL: by PLAIN and by both kinds of SCRAM. */
export interface BrokerUser {
  readonly name: string
  readonly password: string
}

export interface BrokerOptions {
  /** Its directory; it may hold what an earlier broker left. */
  readonly dir: string
  readonly port?: number
  /** Adds a listener with TLS and SASL for this user. */
  readonly secureFor?: BrokerUser
}

/** A broker of one node that ends with the process that started it. */
export interface Broker {
  readonly dir: string
  /** `host:port` of the listener without TLS. */
  readonly address: string
  /** `host:port` of the listener with TLS and SASL, and its certificate; null where none was asked for. */
  readonly secure: { readonly address: string; readonly caPem: string } | null
  readonly pid: () => number
  /** Ends it in order. */
  readonly stop: () => Promise<void>
  /** Sends a signal to the broker itself: `SIGKILL`, or `SIGSTOP` and `SIGCONT`. */
  readonly signal: (signal: NodeJS.Signals) => void
  /** Starts it again after it has ended. */
  readonly restart: () => Promise<void>
}

/** Seconds on an idle machine; where all tests run at once, Java gets little of it. */
const startWaitMs = 150_000
const run = promisify(execFile)
const classPath = `${brokerLibs}/*`
const storePassword = 'changeit'

export const startBroker = async (options: BrokerOptions): Promise<Broker> => {
  if (!existsSync(brokerLibs)) throw new Error(`${brokerLibs} is missing: run .ci/kafka-parts`)
  const { dir, secureFor } = options
  await mkdir(dir, { recursive: true })
  const ports = { client: options.port ?? (await freePort()), controller: await freePort(), secure: await freePort() }
  const properties = join(dir, 'server.properties')
  await writeFile(properties, propertiesOf({ dir, ports, secureFor }))
  await writeFile(join(dir, 'log4j2.yaml'), logSettings)
  const caPem = secureFor === undefined ? null : await makeCertificate(dir)
  if (!existsSync(join(dir, 'logs', 'meta.properties'))) await format(properties, secureFor)
  let running = await launch(dir)
  return {
    dir,
    address: `127.0.0.1:${ports.client}`,
    secure: caPem === null ? null : { address: `127.0.0.1:${ports.secure}`, caPem },
    pid: () => running.pid,
    stop: () => running.stop(),
    signal: (signal) => void process.kill(running.pid, signal),
    restart: async () => {
      await running.ended
      running = await launch(dir)
    },
  }
}

const format = async (properties: string, user: BrokerUser | undefined): Promise<void> => {
  const id = randomBytes(16).toString('base64url')
  const scram = (user === undefined ? [] : ['SCRAM-SHA-256', 'SCRAM-SHA-512']).flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${user?.name},password=${user?.password}]`,
  ])
  const args = ['format', '-t', id, '-c', properties, '--standalone', ...scram]
  await run('java', ['-cp', classPath, 'kafka.tools.StorageTool', ...args])
}

interface Running {
  readonly pid: number
  readonly ended: Promise<unknown>
  readonly stop: () => Promise<void>
}

/** The shell ends the broker when its input closes, so that a parent that is killed leaves none behind. */
const keeper = `exec 3<&0 </dev/null
java "$@" 3<&- & child=$!
echo "pid $child"
( cat <&3 >/dev/null; kill $child ) 2>/dev/null & keeper=$!
exec 3<&-
wait $child; code=$?
pkill -P $keeper 2>/dev/null; kill $keeper 2>/dev/null
exit $code`

const launch = async (dir: string): Promise<Running> => {
  const child = spawn('bash', ['-c', keeper, 'kafka', ...javaArguments(dir)], { stdio: ['pipe', 'pipe', 'pipe'] })
  const ended = once(child, 'exit')
  const said: string[] = []
  const pid = Promise.withResolvers<number>()
  const started = Promise.withResolvers<void>()
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      said.push(line)
      if (said.length > 200) said.shift()
      if (line.startsWith('pid ')) pid.resolve(Number(line.slice(4)))
      if (line.includes('Kafka Server started')) started.resolve()
    })
  }
  const outcome = await Promise.race([started.promise, ended, delay(startWaitMs, 'late', { ref: false })])
  if (outcome !== undefined) {
    child.stdin.end()
    throw new Error(`the broker does not start\n${said.join('\n')}`)
  }
  return { pid: await pid.promise, ended, stop: () => stopChild(child, ended) }
}

const stopChild = async (child: ChildProcess, ended: Promise<unknown>): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.stdin?.end()
  await ended
}

const javaArguments = (dir: string): readonly string[] => [
  ...['-Xmx512m', '-Xms128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
  `-Dlog4j2.configurationFile=${join(dir, 'log4j2.yaml')}`,
  ...['-cp', classPath, 'kafka.Kafka', join(dir, 'server.properties')],
]

/** A certificate for 127.0.0.1 that signs itself, in the form that Java reads; returned as PEM for clients. */
const makeCertificate = async (dir: string): Promise<string> => {
  const store = join(dir, 'broker.p12')
  const common = ['-keystore', store, '-storepass', storePassword, '-alias', 'broker']
  if (!existsSync(store)) {
    const subject = ['-dname', 'CN=127.0.0.1', '-ext', 'SAN=IP:127.0.0.1', '-validity', '30']
    await run('keytool', ['-genkeypair', '-keyalg', 'EC', '-storetype', 'PKCS12', ...subject, ...common])
    await run('keytool', ['-exportcert', '-rfc', '-file', join(dir, 'broker.pem'), ...common])
  }
  return readFile(join(dir, 'broker.pem'), 'utf8')
}

const propertiesOf = (input: {
  readonly dir: string
  readonly ports: { readonly client: number; readonly controller: number; readonly secure: number }
  readonly secureFor: BrokerUser | undefined
}): string => {
  const { dir, ports, secureFor: user } = input
  const listeners = [`CLIENT://127.0.0.1:${ports.client}`, `CONTROLLER://127.0.0.1:${ports.controller}`]
  const advertised = [`CLIENT://127.0.0.1:${ports.client}`]
  const protocols = ['CLIENT:PLAINTEXT', 'CONTROLLER:PLAINTEXT']
  const secure = user === undefined ? {} : secureProperties(dir, user)
  if (user !== undefined) {
    listeners.push(`SECURE://127.0.0.1:${ports.secure}`)
    advertised.push(`SECURE://127.0.0.1:${ports.secure}`)
    protocols.push('SECURE:SASL_SSL')
  }
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.bootstrap.servers': `127.0.0.1:${ports.controller}`,
    listeners: listeners.join(','),
    'advertised.listeners': advertised.join(','),
    'listener.security.protocol.map': protocols.join(','),
    'inter.broker.listener.name': 'CLIENT',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(dir, 'logs'),
    'auto.create.topics.enable': 'false',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    // With the default a broker that was killed takes 13 s to come back.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    'num.network.threads': '1',
    'num.io.threads': '2',
    ...secure,
  }
  return `${Object.entries(properties)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')}\n`
}

const secureProperties = (dir: string, { name, password }: BrokerUser): Readonly<Record<string, string>> => {
  const security = 'org.apache.kafka.common.security'
  return {
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': join(dir, 'broker.p12'),
    'ssl.keystore.password': storePassword,
    'listener.name.secure.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.secure.plain.sasl.jaas.config': `${security}.plain.PlainLoginModule required user_${name}="${password}";`,
    'listener.name.secure.scram-sha-256.sasl.jaas.config': `${security}.scram.ScramLoginModule required;`,
    'listener.name.secure.scram-sha-512.sasl.jaas.config': `${security}.scram.ScramLoginModule required;`,
  }
}

const logSettings = `Configuration:
  Appenders:
    Console:
      name: Console
      PatternLayout:
        pattern: "%d %p %c{1} %m%n"
  Loggers:
    Root:
      level: WARN
      AppenderRef:
        ref: Console
    Logger:
      - name: kafka.server.KafkaRaftServer
        level: INFO
      - name: org.apache.kafka.common.utils.AppInfoParser
        level: INFO
`
