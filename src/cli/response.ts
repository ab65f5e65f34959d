import { randomUUID } from 'node:crypto'
import { apiClientFor, problemError } from './api-client.ts'
import { type Command, exitCodes, isSet, textOf, UsageError } from './command.ts'
import { listOptions } from './list-options.ts'
import { parseShape, responseShape } from './shapes.ts'
import { visible } from './visible.ts'

export const response: Command = {
  name: 'response',
  summary: 'Pause or resume the response, or show how it stands.',
  usage: '[pause|resume] [--reason TEXT]',
  details: 'While it is paused nothing more leaves agenttrail; what is in force stays until it is restored or ends.',
  options: {
    reason: { type: 'string', value: 'TEXT', summary: 'why; kept with the switch' },
    realm: listOptions.realm,
    json: listOptions.json,
  },
  operandsMin: 0,
  operandsMax: 1,

  run: async ({ operands, options, io }) => {
    const [verb] = operands
    if (verb !== undefined && verb !== 'pause' && verb !== 'resume') {
      throw new UsageError(`response does not know "${verb}"; use pause or resume`)
    }
    const client = apiClientFor(io.env)
    const query = { realm: textOf(options, 'realm') }
    if (verb !== undefined) {
      const sent = await client.send(`/api/v1/response/${verb}`, {
        method: 'POST',
        query,
        headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
        body: JSON.stringify({ reason: textOf(options, 'reason') }),
      })
      if (!sent.ok) throw problemError(sent.status, await sent.text(), client.url)
      await sent.body?.cancel()
    }
    const state = parseShape(responseShape, await client.get('/api/v1/response', query))
    if (isSet(options, 'json')) io.stdout.write(`${JSON.stringify(state, null, 2)}\n`)
    else {
      const paused = state.paused
        ? `paused by ${visible(state.pausedBy)} since ${state.pausedSince ?? ''}`
        : 'not paused'
      io.stdout.write(`Response: ${state.mode}, ${paused}, ${state.revocations} revocations in force\n`)
    }
    return exitCodes.fine
  },
}
