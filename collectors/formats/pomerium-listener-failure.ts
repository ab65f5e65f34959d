import type { Format } from '../../src/ingest/format.ts'
import { ok, rejected } from '../../src/ingest/outcome.ts'
import { textOf } from './field-values.ts'
import { firstLabel } from './first-label.ts'
import { keepRest, noVendorId, pomeriumEvent, type TakenKeys } from './pomerium-line.ts'

const taken: TakenKeys = new Map([
  ['level', 'any'],
  ['message', 'string'],
  ['time', 'string'],
  ['ip', 'string'],
  ['tls-sni-hostname', 'string'],
  ['downstream-transport-failure-reason', 'string'],
])

/** `listener connection failure`: a client that did not get past TLS, so no request of it is in any other line. */
export const readListenerFailure: Format['read'] = (line, origin) => {
  const event = pomeriumEvent(line, origin)
  if (event === undefined) return rejected('time is missing or not RFC 3339')
  event.kind = 'web'
  event.outcome = 'failure'
  event.clientAddress = textOf(line['ip'])
  event.httpHost = textOf(line['tls-sni-hostname'])
  event.server = firstLabel(event.httpHost)
  event.errorType = 'tls'
  event.errorMessage = textOf(line['downstream-transport-failure-reason'])
  keepRest(event, line, taken)
  return ok({ events: [event], sealed: [], vendorId: noVendorId })
}
