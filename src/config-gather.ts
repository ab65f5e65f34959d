import { readFileSync } from 'node:fs'
import { didYouMean } from './did-you-mean.ts'

const prefix = 'AGENTTRAIL_'
const secretSettings: readonly string[] = ['token', 'storeUrl']

/** Variables of ours that are no settings: where the settings are, and what the tests go by. */
const otherVariables: readonly string[] = ['AGENTTRAIL_CONFIG', 'AGENTTRAIL_REQUIRE', 'AGENTTRAIL_LONG']

/** What Kubernetes sets in every pod beside a service named `agenttrail…`. */
const serviceVariable = /_(?:SERVICE_(?:HOST|PORT)(?:_\w+)?|PORT(?:_\d+_\w+)?)$/

/** One setting as a person reads it: `value` is masked if it is a secret, `from` is `default`, a variable or a file. */
export interface SettingOrigin {
  readonly setting: string
  readonly variable: string
  readonly value: string
  readonly from: string
}

export interface GatheredSettings {
  readonly values: Readonly<Record<string, unknown>>
  readonly problems: readonly string[]
  readonly has: (path: readonly PropertyKey[]) => boolean
  /** Where it is written, without the value. */
  readonly place: (path: readonly PropertyKey[]) => string
  /** `AGENTTRAIL_LATENESS is "soon"`, `collectors[0].path in agenttrail.yaml is not set`. */
  readonly describe: (path: readonly PropertyKey[]) => string
  readonly originsOf: (defaults: Readonly<Record<string, unknown>>) => readonly SettingOrigin[]
}

/** `dataDir` → `AGENTTRAIL_DATA_DIR`. */
export const variableOf = (setting: string): string =>
  prefix + setting.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()

/** Everything that somebody set, the environment before the file, with what is wrong about where it was set. */
export const gatherSettings = (input: {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly file: Readonly<Record<string, unknown>>
  readonly fileName: string
  readonly settings: readonly string[]
}): GatheredSettings => {
  const values: Record<string, unknown> = {}
  const from: Record<string, string> = {}
  const problems: string[] = []

  for (const [setting, value] of Object.entries(input.file)) {
    if (value !== null) [values[setting], from[setting]] = [value, input.fileName]
  }
  for (const found of readEnvironment(input.env, input.settings)) {
    if (found.kind === 'problem') problems.push(found.text)
    else [values[found.setting], from[found.setting]] = [found.value, found.variable]
  }
  const has = (path: readonly PropertyKey[]): boolean => valueAt(values, path) !== undefined
  const place = (path: readonly PropertyKey[]): string => {
    const origin = from[String(path[0] ?? '')] ?? ''
    return origin.startsWith(prefix) ? origin : `${pathText(path)} in ${origin || input.fileName}`
  }
  const describe = (path: readonly PropertyKey[]): string =>
    has(path)
      ? `${place(path)} is ${quoted(shown(String(path[0] ?? ''), valueAt(values, path)))}`
      : `${place(path)} is not set`
  const originsOf = (defaults: Readonly<Record<string, unknown>>): readonly SettingOrigin[] =>
    input.settings.map((setting) => ({
      setting,
      variable: fileOnly.has(setting) ? '' : variableOf(setting),
      value: text(shown(setting, values[setting] ?? defaults[setting] ?? '')),
      from: from[setting] ?? 'default',
    }))
  return { values, problems, has, place, describe, originsOf }
}

type Found =
  | { readonly kind: 'value'; readonly setting: string; readonly variable: string; readonly value: string }
  | { readonly kind: 'problem'; readonly text: string }

const readEnvironment = (
  env: Readonly<Record<string, string | undefined>>,
  settings: readonly string[],
): readonly Found[] => {
  const byVariable = new Map(
    settings.filter((setting) => !fileOnly.has(setting)).map((setting) => [variableOf(setting), setting]),
  )
  const found: Found[] = []
  for (const [variable, value] of Object.entries(env).toSorted()) {
    // An empty variable is how a compose file or unit says "unset".
    if (!isOurs(variable) || value === undefined || value === '') continue
    const setting = byVariable.get(variable)
    if (setting !== undefined) found.push({ kind: 'value', setting, variable, value })
    else found.push(readSecretFile({ variable, path: value, env, byVariable }))
  }
  return found
}

const isOurs = (variable: string): boolean =>
  variable.startsWith(prefix) && !otherVariables.includes(variable) && !serviceVariable.test(variable)

const readSecretFile = (input: {
  readonly variable: string
  readonly path: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly byVariable: ReadonlyMap<string, string>
}): Found => {
  const { variable, path } = input
  const direct = variable.replace(/_FILE$/, '')
  const setting = input.byVariable.get(direct)
  if (direct === variable || setting === undefined || !secretSettings.includes(setting)) {
    return problem(unknownVariable(variable, [...input.byVariable.keys()]))
  }
  if ((input.env[direct] ?? '') !== '') return problem(`${variable} and ${direct} are both set: keep one of them`)
  try {
    return { kind: 'value', setting, variable, value: readFileSync(path, 'utf8').trim() }
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : error
    return problem(`${variable} is "${path}": the file cannot be read (${reason}); name a readable file`)
  }
}

const problem = (text: string): Found => ({ kind: 'problem', text })

const unknownVariable = (variable: string, known: readonly string[]): string => {
  const secretFiles = secretSettings.map((setting) => `${variableOf(setting)}_FILE`)
  const meant = didYouMean(variable, [...known, ...secretFiles])
  return `${variable}: there is no such setting; ${meant === null ? 'remove it' : `did you mean ${meant}?`}`
}

const valueAt = (values: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    values,
  )

const pathText = (path: readonly PropertyKey[]): string =>
  path.map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`)).join('')

/** The value without its secret. */
const shown = (setting: string, value: unknown): unknown => {
  if (!secretSettings.includes(setting) || value === '') return value
  const url = setting === 'storeUrl' ? URL.parse(String(value)) : null
  if (url === null) return '••••••'
  if (url.password !== '') url.password = 'xxxxxx'
  // Some drivers take the password as a parameter.
  if (url.search !== '') url.search = 'xxxxxx'
  return url.href.replaceAll('xxxxxx', '••••••')
}

const quoted = (value: unknown): string => (typeof value === 'string' ? `"${value}"` : text(value))

const text = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))

/** Lists and sections do not fit a variable. */
const fileOnly: ReadonlySet<string> = new Set([
  'collectors',
  'kafka',
  'agents',
  'sessionPerCallClients',
  'grants',
  'policy',
  'levers',
  'pages',
  'pomerium',
])
