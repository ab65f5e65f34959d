import { readFileSync } from 'node:fs'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { grantsSchema, missingForAuth } from './config-access.ts'
import { agentsSchema, sessionPerCallClientsSchema } from './config-agents.ts'
import { collectorsSchema } from './config-collectors.ts'
import { type GatheredSettings, gatherSettings, type SettingOrigin } from './config-gather.ts'
import { kafkaSchema } from './config-kafka.ts'
import { knownKeys } from './config-known.ts'
import { logAddress } from './config-log.ts'
import { missingForLevers, pomeriumSchema } from './config-pomerium.ts'
import { leversSchema, pagesSchema, policySchema } from './config-response.ts'
import {
  address,
  addressOrOff,
  count,
  diskBudget,
  durationMs,
  httpUrl,
  isLoopback,
  nonEmptyText,
  oneOf,
  parseAddress,
  sizeBytes,
  textList,
} from './config-values.ts'
import { didYouMean } from './did-you-mean.ts'
import { AgenttrailError } from './errors.ts'

const name = (what: string) => nonEmptyText(`give ${what}`)

/** Every setting as it is written, with its default; the variable of `dataDir` is `AGENTTRAIL_DATA_DIR`. */
const settingsSchema = z.strictObject({
  dataDir: name('a directory that this process may write').prefault('./data'),
  url: httpUrl('use the http(s) address of a running server, such as http://127.0.0.1:9470').prefault(
    'http://127.0.0.1:9470',
  ),
  token: name('the token, or leave it out').optional(),
  storeUrl: httpUrl(
    'use http(s)://user:password@host:8123/database, or leave it out for the embedded engine',
  ).optional(),
  log: logAddress.prefault('local'),
  kafka: kafkaSchema,
  httpAddress: address('127.0.0.1:9470').prefault('127.0.0.1:9470'),
  otlpAddress: addressOrOff('127.0.0.1:4318').prefault('127.0.0.1:4318'),
  decisionAddress: addressOrOff('127.0.0.1:9471').prefault('127.0.0.1:9471'),
  clickhouseAddress: addressOrOff('127.0.0.1:8123').prefault('off'),
  decisionFailure: oneOf(['open', 'closed']).prefault('open'),
  lateness: durationMs('1s', '24h').prefault('120s'),
  sourceSilent: durationMs('1s', '24h').prefault('60s'),
  sessionIdle: durationMs('1s', '30d').prefault('30m'),
  response: oneOf(['dry-run', 'enforce']).prefault('dry-run'),
  neverRevoke: textList('ids and addresses of agents, users and service accounts').prefault([]),
  revocationsPerMinuteMax: count(0, 100_000).prefault('10'),
  revocationsPerHourMax: count(0, 100_000).prefault('60'),
  publicUrl: httpUrl('use the http(s) address by which people reach this server, or leave it out').optional(),
  runbookUrl: httpUrl('use the http(s) address of a folder with the runbooks, or leave it out').optional(),
  retentionEvents: durationMs('1d', '36500d').prefault('400d'),
  retentionPayloads: durationMs('1d', '36500d').prefault('30d'),
  retentionDiskMax: diskBudget.prefault('80%'),
  rulesDir: name('a directory with rules').prefault('./rules'),
  auth: oneOf(['none', 'tokens', 'oidc', 'pomerium']).prefault('none'),
  authIssuer: httpUrl('use the issuer of the identity provider, as its tokens name it').optional(),
  authAudience: name('what tokens for this server name as their audience').optional(),
  authJwksUrl: httpUrl("use the address of the provider's keys (JWKS)").optional(),
  authGroupsClaim: name("the name of the claim that holds a user's groups").prefault('groups'),
  grants: grantsSchema.prefault([]),
  requestsPerMinuteMax: count(1, 1_000_000).prefault('6000'),
  logBytesMax: sizeBytes('64MiB', '16TiB').prefault('2GiB'),
  callsLiveMax: count(1000, 100_000_000).prefault('200000'),
  engineMemoryBytesMax: sizeBytes('256MiB', '16TiB').prefault('2GiB'),
  logLevel: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).prefault('info'),
  collectors: collectorsSchema.prefault([]),
  agents: agentsSchema.prefault([]),
  sessionPerCallClients: sessionPerCallClientsSchema.prefault([]),
  policy: policySchema,
  levers: leversSchema.prefault([{ type: 'decision-service' }]),
  pages: pagesSchema.prefault([]),
  pomerium: pomeriumSchema.optional(),
})

type Settings = z.infer<typeof settingsSchema>

/** How long what is stored is kept, and of how much of the disk, or in how many bytes. */
interface Retention {
  readonly eventsMs: number
  readonly payloadsMs: number
  readonly diskMax: Settings['retentionDiskMax']
}

/** The settings that everything runs by, in the units of the code. `url` … `token` are for commands. */
export interface Config
  extends Omit<
    Settings,
    | 'lateness'
    | 'sourceSilent'
    | 'sessionIdle'
    | 'retentionEvents'
    | 'retentionPayloads'
    | 'retentionDiskMax'
    | 'token'
    | 'storeUrl'
  > {
  /** null = none. */
  readonly token: string | null
  /** null = the embedded engine. */
  readonly storeUrl: string | null
  readonly latenessMs: number
  readonly sourceSilentMs: number
  readonly sessionIdleMs: number
  readonly retention: Retention
  /** Each setting as written and where it came from, for `describeConfig`. */
  readonly origins: readonly SettingOrigin[]
}

export interface ConfigSource {
  /** The process's environment. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Path of the settings file; undefined = `AGENTTRAIL_CONFIG`, else `agenttrail.yaml` here if there is one. */
  readonly file?: string | undefined
}

/** The settings of this process. Throws `AGT_CONFIG_INVALID` that names every problem and what to change. */
export const loadConfig = (source: ConfigSource): Config => {
  const file = readSettingsFile(source)
  const gathered = gatherSettings({
    env: source.env,
    file: file.value,
    fileName: file.name,
    settings: Object.keys(settingsSchema.shape),
  })
  const parsed = settingsSchema.safeParse(gathered.values)
  const problems = [
    ...file.problems,
    ...gathered.problems,
    ...openAddresses(gathered),
    ...(parsed.success ? missingForLevers(parsed.data) : []),
    ...idleAddress(gathered),
    ...missingForAuth(gathered.values).map(
      (setting) => `${gathered.describe([setting])}: AGENTTRAIL_AUTH=${gathered.values['auth']} needs it`,
    ),
    ...(parsed.error?.issues ?? []).flatMap((issue) => problemsOf(issue, gathered)),
  ]
  if (!parsed.success || problems.length > 0) throw invalid(problems)

  const { lateness, sourceSilent, sessionIdle, token, storeUrl, ...others } = parsed.data
  const { retentionEvents, retentionPayloads, retentionDiskMax, ...rest } = others
  const retention = { eventsMs: retentionEvents, payloadsMs: retentionPayloads, diskMax: retentionDiskMax }
  const times = { latenessMs: lateness, sourceSilentMs: sourceSilent, sessionIdleMs: sessionIdle }
  const origins = gathered.originsOf(defaultTexts())
  return { ...rest, ...times, retention, token: token ?? null, storeUrl: storeUrl ?? null, origins }
}

/** Addresses that other machines could reach while nobody is asked who they are. */
const openAddresses = ({ values, describe }: GatheredSettings): readonly string[] => {
  if ((values['auth'] ?? 'none') !== 'none') return []
  const settings = ['httpAddress', 'otlpAddress', 'decisionAddress', 'clickhouseAddress']
  const open = settings.filter((setting) => {
    const given = parseAddress(String(values[setting] ?? ''))
    return given !== null && !isLoopback(given.host)
  })
  return open.map((setting) => `${describe([setting])}: ${onlyLoopback}`)
}

/** The port in front of an engine that is not there. */
const idleAddress = ({ values, describe }: GatheredSettings): readonly string[] => {
  const isAsked = (values['clickhouseAddress'] ?? 'off') !== 'off'
  if (!isAsked || values['storeUrl'] === undefined) return []
  return [`${describe(['clickhouseAddress'])}: with a ClickHouse server as the store, ask that server; remove it`]
}

const onlyLoopback =
  'other machines could reach it, and without authentication only loopback is served; set AGENTTRAIL_AUTH=tokens, or name an address such as 127.0.0.1:9470'

const invalid = (problems: readonly string[]): AgenttrailError => {
  const title = problems.length === 1 ? 'A setting is wrong' : `${problems.length} settings are wrong`
  return new AgenttrailError('AGT_CONFIG_INVALID', `${title}:\n${problems.map((each) => `  ${each}`).join('\n')}`)
}

/** What each setting is when nobody sets it, as it would be written. */
const defaultTexts = (): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(settingsSchema.shape).map(([setting, schema]) => [
      setting,
      schema instanceof z.ZodPrefault ? schema.def.defaultValue : undefined,
    ]),
  )

interface SettingsFile {
  readonly name: string
  readonly value: Readonly<Record<string, unknown>>
  readonly problems: readonly string[]
}

const readSettingsFile = ({ env, file }: ConfigSource): SettingsFile => {
  const asked = file ?? env['AGENTTRAIL_CONFIG']
  const path = asked ?? 'agenttrail.yaml'
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const isOptional = asked === undefined && error instanceof Error && 'code' in error && error.code === 'ENOENT'
    const reason = error instanceof Error ? error.message : String(error)
    return {
      name: path,
      value: {},
      problems: isOptional ? [] : [`${path} cannot be read (${reason}): name a YAML file`],
    }
  }
  return parseSettings(path, text)
}

const parseSettings = (path: string, text: string): SettingsFile => {
  try {
    const value: unknown = parseYaml(text) ?? {}
    if (isObject(value)) return { name: path, value, problems: [] }
    return { name: path, value: {}, problems: [`${path} holds no settings: write "setting: value", one a line`] }
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    return { name: path, value: {}, problems: [`${path} is not YAML: ${reason}`] }
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const problemsOf = (issue: z.core.$ZodIssue, gathered: GatheredSettings): readonly string[] => {
  if (issue.code !== 'unrecognized_keys') return [`${gathered.describe(issue.path)}: ${adviceOf(issue, gathered)}`]
  const known = knownKeys(settingsSchema, issue.path)
  return issue.keys.map((key) => {
    const meant = didYouMean(key, known)
    const advice = meant === null ? `remove it; known are ${known.join(', ')}` : `did you mean ${meant}?`
    // Its value may be a secret that was written in the wrong place.
    return `${gathered.place([...issue.path, key])}: there is no such setting; ${advice}`
  })
}

const adviceOf = (issue: z.core.$ZodIssue, gathered: GatheredSettings): string => {
  const isWrongShape = issue.code === 'invalid_type' && issue.expected === 'object' && gathered.has(issue.path)
  return isWrongShape ? 'write it as "setting: value" lines' : issue.message
}
