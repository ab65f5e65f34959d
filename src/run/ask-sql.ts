import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import { RequestError } from '../api/problem.ts'
import type { AskSql, SqlQuestion } from '../api/query-routes.ts'
import { readersPath, scopeHeader } from '../engine/http-server.ts'
import { AgenttrailError } from '../errors.ts'
import type { OpenStore } from './open-store.ts'

/** More belongs into a file or a client of the ClickHouse port. */
const rowsMax = 10_000
const timeoutMs = 90_000

const answerSchema = z.looseObject({
  meta: z.array(z.object({ name: z.string(), type: z.string() })),
  data: z.array(z.array(z.unknown())),
  statistics: z.looseObject({ elapsed: z.number(), rows_read: z.number() }),
})

/** SQL through the engine's gate for readers, which takes the query apart and lets it see one realm. */
export const createAskSql =
  ({ address }: Pick<OpenStore, 'address'>): AskSql =>
  async (question) => {
    if (!('socketPath' in address))
      throw refusal('The store is a ClickHouse server: ask it with a user that may only read.')
    const { status, body } = await send(address.socketPath, question)
    if (status !== 200) throw body.startsWith('Code: ') ? refusal(wordsOf(body)) : unavailable(body)
    const parsed = answerSchema.safeParse(jsonOf(body))
    if (!parsed.success) throw refusal('The answer is always JSON here: leave FORMAT out.')
    const { meta, data, statistics } = parsed.data
    return { columns: meta, rows: data, rowsRead: statistics.rows_read, seconds: statistics.elapsed }
  }

const send = async (
  socketPath: string,
  { sql, realm, hasPayloads }: SqlQuestion,
): Promise<{ readonly status: number; readonly body: string }> => {
  const settings = new URLSearchParams({ default_format: 'JSONCompact', max_result_rows: String(rowsMax) })
  const request = httpRequest({
    socketPath,
    method: 'POST',
    path: `${readersPath}?${settings}`,
    headers: { [scopeHeader]: JSON.stringify({ realms: [realm], hasPayloads }) },
    timeout: timeoutMs,
  })
  request.on('timeout', () => request.destroy(new Error('it took too long')))
  request.end(sql)
  try {
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return { status: response.statusCode ?? 500, body: await text(response) }
  } catch (error) {
    throw unavailable(error)
  }
}

const jsonOf = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    // In another format than was asked for.
    return null
  }
}

/** Without the engine's number, class and version. */
const wordsOf = (body: string): string =>
  body
    .replace(/^Code: \d+\. DB::Exception: /, '')
    .replace(/\s*\(version [^)]*\)\s*$/, '')
    .trim()
    .slice(0, 2_000)

const refusal = (detail: string): RequestError =>
  new RequestError(detail, { problems: [{ in: 'body', name: 'sql', detail }] })

const unavailable = (cause: unknown): AgenttrailError =>
  new AgenttrailError('AGT_STORE_UNAVAILABLE', 'The store does not answer.', { cause })
