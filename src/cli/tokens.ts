import { loadConfig } from '../config.ts'
import { roleNames } from '../config-access.ts'
import { parseDurationMs } from '../config-values.ts'
import { isInForce, TokenFiles, type TokenRecord } from '../run/token-files.ts'
import { type CliIo, type Command, exitCodes, type Invocation, isSet, textOf, UsageError } from './command.ts'
import { configOption } from './serve.ts'
import { type Column, renderTable } from './table.ts'

const dayMs = 86_400_000
const lifeDefault = '90d'
const lifeDaysMax = 3_660

export const tokens: Command = {
  name: 'tokens',
  summary: 'Make, list and revoke the tokens that callers of a server show.',
  usage: 'create NAME --role ROLE[,ROLE] [--realm NAME[,NAME]] [--expires 90d] | list | revoke NAME|ID',
  details: `Works on the data directory (AGENTTRAIL_DATA_DIR), beside a running server or before it is started; a server with
AGENTTRAIL_AUTH=tokens takes changes over within a second. \`create\` prints the token once: only its hash is kept.
Roles: ${roleNames.join(', ')}. Exit 1 if the name is taken, or nothing was revoked.`,
  options: {
    ...configOption,
    role: { type: 'string', value: 'ROLE,…', summary: 'what it may do' },
    realm: { type: 'string', value: 'NAME,…', summary: 'where; "*" is everywhere (default "default")' },
    expires: { type: 'string', value: 'DURATION', summary: `how long it works (default ${lifeDefault})` },
    json: { type: 'boolean', summary: 'print JSON' },
  },
  operandsMin: 1,
  operandsMax: 2,

  run: async ({ operands, options, io }) => {
    const [verb = '', operand = ''] = operands
    const { dataDir } = loadConfig({ env: io.env, file: textOf(options, 'config') || undefined })
    const files = new TokenFiles({ dataDir, now: () => io.now().getTime() })
    if (verb === 'create') return create(files, operand, { options, io })
    if (verb === 'list') return list(files, { options, io })
    if (verb === 'revoke') return revoke(files, operand, io)
    throw new UsageError(`tokens does not know "${verb}"; use create, list or revoke`)
  },
}

const create = (files: TokenFiles, name: string, { options, io }: Pick<Invocation, 'options' | 'io'>): number => {
  if (!/^[\w.@-]{1,64}$/.test(name)) {
    throw new UsageError('tokens create needs NAME, of letters, digits and . _ @ - only')
  }
  const given = { name, roles: rolesOf(textOf(options, 'role')), realms: realmsOf(textOf(options, 'realm')) }
  const token = files.create({ ...given, lifeMs: lifeMsOf(textOf(options, 'expires') || lifeDefault) })
  if (token === null) {
    io.stderr.write(`agenttrail: there is a token "${name}" already; revoke it first, or take another name\n`)
    return exitCodes.no
  }
  const { hash: _, ...record } = files.list().find((each) => token.includes(each.id)) as TokenRecord
  if (isSet(options, 'json')) io.stdout.write(`${JSON.stringify({ ...record, token }, null, 2)}\n`)
  else {
    // Alone on standard output, so that it can go straight into a file.
    io.stdout.write(`${token}\n`)
    io.stderr.write(`This is shown once. It works until ${record.expiresAt}.\n`)
  }
  return exitCodes.fine
}

const list = (files: TokenFiles, { options, io }: Pick<Invocation, 'options' | 'io'>): number => {
  const items = files.list().map(({ hash: _, ...record }) => record)
  if (isSet(options, 'json')) io.stdout.write(`${JSON.stringify({ items, nextCursor: null }, null, 2)}\n`)
  else io.stdout.write(renderTable(columnsAt(io.now().getTime()), files.list(), { output: io.stdout, env: io.env }))
  return exitCodes.fine
}

const revoke = (files: TokenFiles, operand: string, io: CliIo): number => {
  if (operand === '') throw new UsageError('tokens revoke needs NAME or ID')
  const revoked = files.revoke(operand)
  for (const { id, name } of revoked) io.stdout.write(`Revoked ${name} (${id}).\n`)
  if (revoked.length > 0) return exitCodes.fine
  io.stderr.write(`agenttrail: no token in force is called "${operand}"\n`)
  return exitCodes.no
}

const columnsAt = (nowMs: number): readonly Column<TokenRecord>[] => [
  { title: 'ID', of: (token) => token.id },
  { title: 'NAME', of: (token) => token.name },
  { title: 'ROLES', of: (token) => token.roles.join(', '), widthMin: 10 },
  { title: 'REALMS', of: (token) => (token.realms === 'all' ? '*' : token.realms.join(', ')), widthMin: 8 },
  { title: 'MADE', of: (token) => token.createdAt.slice(0, 10) },
  { title: 'EXPIRES', of: (token) => token.expiresAt.slice(0, 10) },
  { title: 'STATE', of: (token) => stateOf(token, nowMs) },
]

const stateOf = (token: TokenRecord, nowMs: number): string => {
  if (token.revokedAt !== null) return 'revoked'
  return isInForce(token, nowMs) ? 'in force' : 'expired'
}

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')

type Role = TokenRecord['roles'][number]

const rolesOf = (text: string): Role[] => {
  const given = listOf(text)
  const unknown = given.find((each) => !roleNames.includes(each as Role))
  if (given.length > 0 && unknown === undefined) return given as Role[]
  const problem = unknown === undefined ? 'tokens create needs --role' : `there is no role "${unknown}"`
  throw new UsageError(`${problem}; roles are ${roleNames.join(', ')}`)
}

const realmsOf = (text: string): string[] | 'all' => {
  const realms = listOf(text || 'default')
  return realms.includes('*') ? 'all' : realms
}

const lifeMsOf = (text: string): number => {
  const ms = parseDurationMs(text)
  if (ms !== null && ms >= 60_000 && ms <= lifeDaysMax * dayMs) return ms
  throw new UsageError(`--expires is "${text}"; use a duration from 1m to ${lifeDaysMax}d, such as 12h or 90d`)
}
