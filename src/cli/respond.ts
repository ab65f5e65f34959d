import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import { parseDurationMs } from '../config-values.ts'
import { apiClientFor, problemError } from './api-client.ts'
import {
  type CliIo,
  type Command,
  exitCodes,
  type Invocation,
  isSet,
  type Option,
  textOf,
  UsageError,
} from './command.ts'
import { listOptions } from './list-options.ts'
import { actionShape, parseShape } from './shapes.ts'
import { visible } from './visible.ts'

type SessionCommand = 'flag' | 'revoke' | 'restore'

const reasonOption: Option = { type: 'string', value: 'TEXT', summary: 'why; kept with the action' }

/** What `POST /actions` does, as a command. */
const sessionCommand = (name: SessionCommand, summary: string, details: string): Command => ({
  name,
  summary,
  usage: name === 'flag' ? 'SESSION [--reason TEXT] …' : 'SESSION|agent:ID|user:ID|tool:NAME [--reason TEXT] …',
  details,
  options: {
    reason: reasonOption,
    ...(name === 'restore'
      ? {}
      : { ttl: { type: 'string', value: 'DURATION', summary: 'ends by itself after this long, such as 30m or 12h' } }),
    'dry-run': { type: 'boolean', summary: 'only say what would happen' },
    realm: listOptions.realm,
    json: listOptions.json,
  },
  operandsMin: 1,
  operandsMax: 1,

  run: async ({ operands, options, io }) => {
    const action = parseShape(actionShape, await send(name, operands[0] ?? '', { options, env: io.env }))
    if (isSet(options, 'json')) io.stdout.write(`${JSON.stringify(action, null, 2)}\n`)
    else io.stdout.write(describe(action))
    return action.state === 'refused' || action.state === 'failed' ? exitCodes.no : exitCodes.fine
  },
})

const send = async (
  name: SessionCommand,
  operand: string,
  { options, env }: Pick<Invocation, 'options'> & Pick<CliIo, 'env'>,
): Promise<unknown> => {
  const client = apiClientFor(env)
  const ttl = textOf(options, 'ttl')
  const response = await client.send('/api/v1/actions', {
    method: 'POST',
    query: { realm: textOf(options, 'realm') },
    // Fetch may send a request twice when a kept connection breaks; the key makes that one command.
    headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
    body: JSON.stringify({
      type: name,
      // A plain id is a session's; ids of ours hold no colon.
      target: operand.includes(':') ? operand : `session:${operand}`,
      reason: textOf(options, 'reason'),
      ...(ttl === '' ? {} : { ttlSeconds: ttlSecondsOf(ttl) }),
      dryRun: isSet(options, 'dry-run'),
    }),
  })
  const text = await response.text()
  if (!response.ok) throw problemError(response.status, text, client.url)
  return JSON.parse(text)
}

const describe = ({ id, kind, target, state, expiresAt, transitions }: z.infer<typeof actionShape>): string => {
  const detail = visible(transitions.at(-1)?.detail ?? '')
  const until = expiresAt === null ? '' : `, until ${expiresAt}`
  return `${kind} of ${visible(target)}: ${state}${detail === '' ? '' : ` (${detail})`}\nAction ${id}${until}\n`
}

const ttlSecondsOf = (text: string): number => {
  const ms = parseDurationMs(text)
  if (ms !== null && ms >= 1000) return Math.floor(ms / 1000)
  throw new UsageError(`--ttl is "${text}"; use a duration such as 30m or 12h`)
}

export const flag = sessionCommand(
  'flag',
  'Mark a session, so that everybody sees it.',
  'Nothing leaves agenttrail. `agenttrail restore SESSION` takes it back.',
)

export const revoke = sessionCommand(
  'revoke',
  'Deny the requests of a session, an agent, a user, or those for a tool.',
  `Gateways that ask the decision service deny its requests from then on, for 24 hours unless --ttl says
otherwise. While AGENTTRAIL_RESPONSE is dry-run it is only recorded. Exit 1 if it was refused; the reason is printed.`,
)

export const restore = sessionCommand(
  'restore',
  'Take back what was done to a session, agent, user or tool: flags, holds and revocations.',
  'Findings of the same incident do not bring it about again. Exit 1 if nothing is in force.',
)
