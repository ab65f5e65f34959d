import { AgenttrailError } from '../../errors.ts'
import type { LeverAnswer } from '../lever.ts'

export interface OutgoingRequest {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

const answerCharsMax = 200

/**
 * Posts JSON. `accepted` where the receiver said yes and `failed` where it will never take it; throws
 * `AGT_LEVER_UNAVAILABLE` where it may later. No address is in any text: some of them are secrets.
 */
export const sendRequest = async (request: OutgoingRequest, signal: AbortSignal): Promise<LeverAnswer> => {
  const response = await reach(request, signal)
  const said = (await response.text().catch(() => '')).replace(/\s+/g, ' ').trim().slice(0, answerCharsMax)
  const detail = said === '' ? `it answered ${response.status}` : `it answered ${response.status}: ${said}`
  if (response.ok) return { state: 'accepted', detail }
  const isPassing = response.status >= 500 || response.status === 429 || response.status === 408
  if (isPassing) throw new AgenttrailError('AGT_LEVER_UNAVAILABLE', detail)
  return { state: 'failed', detail }
}

const reach = async ({ url, headers, body }: OutgoingRequest, signal: AbortSignal): Promise<Response> => {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'agenttrail', ...headers },
      body,
      signal,
      // A receiver that sends us elsewhere would get what is meant for it.
      redirect: 'error',
    })
  } catch (error) {
    throw unreachable(error)
  }
}

const unreachable = (cause: unknown): AgenttrailError => {
  const code = cause instanceof Error && cause.cause instanceof Error && 'code' in cause.cause ? cause.cause.code : ''
  const detail = `it cannot be reached${code === '' ? '' : ` (${code})`}`
  return new AgenttrailError('AGT_LEVER_UNAVAILABLE', detail, { cause })
}
