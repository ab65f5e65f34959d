import { z } from 'zod'
import { apiClientFor, problemError } from './api-client.ts'
import { type Command, exitCodes, isSet, textOf, UsageError } from './command.ts'
import { listOptions } from './list-options.ts'
import { parseShape } from './shapes.ts'
import { visible } from './visible.ts'

const holdShape = z.looseObject({ sessionId: z.string(), isHeld: z.boolean() })

export const legalHold: Command = {
  name: 'legal-hold',
  summary: 'Keep what is stored of a session whatever its age, or let it go again.',
  usage: 'SESSION --reason TEXT [--release]',
  details: `Retention leaves the session's events, payloads, calls and findings until --release, whatever
AGENTTRAIL_RETENTION_… says and however full the disk is. Who held it and why stays on record.`,
  options: {
    reason: { type: 'string', value: 'TEXT', summary: 'why; kept on record' },
    release: { type: 'boolean', summary: 'let retention have it again' },
    realm: listOptions.realm,
    json: listOptions.json,
  },
  operandsMin: 1,
  operandsMax: 1,

  run: async ({ operands, options, io }) => {
    const reason = textOf(options, 'reason')
    if (reason === '') throw new UsageError('--reason is missing; say why, it is kept on record')
    const client = apiClientFor(io.env)
    const response = await client.send(`/api/v1/sessions/${encodeURIComponent(operands[0] ?? '')}/legal-hold`, {
      method: 'POST',
      query: { realm: textOf(options, 'realm') },
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ isHeld: !isSet(options, 'release'), reason }),
    })
    const text = await response.text()
    if (!response.ok) throw problemError(response.status, text, client.url)
    const hold = parseShape(holdShape, JSON.parse(text))
    if (isSet(options, 'json')) io.stdout.write(`${JSON.stringify(hold, null, 2)}\n`)
    else
      io.stdout.write(`${visible(hold.sessionId)} is ${hold.isHeld ? 'kept until you release it' : 'held no more'}.\n`)
    return exitCodes.fine
  },
}
