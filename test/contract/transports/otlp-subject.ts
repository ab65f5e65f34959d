import { setTimeout as delay } from 'node:timers/promises'
import { createOtlpTransport } from '../../../collectors/transports/otlp.ts'
import { endConnections } from '../../../src/api/end-connections.ts'
import { type MakeSubject, retryAfterSeconds } from './subject.ts'

const head = '{"resourceSpans":[{"scopeSpans":[{"spans":['
const tail = ']}]}]}'

/** The span that a line of the log holds; one that was cut off has no end. */
export const unwrapSpan = (line: string): string =>
  line.startsWith(head) ? line.slice(head.length, line.endsWith(tail) ? -tail.length : undefined) : line

/** An exporter that sends its spans again until it is answered with 200. */
export const otlpSubject: MakeSubject = ({ intake }) => {
  const transport = createOtlpTransport({
    intake,
    address: { host: '127.0.0.1', port: 0 },
    bodyBytesMax: 4 << 20,
    checkHost: () => undefined,
    prepare: endConnections,
    log: { error: () => undefined },
  })
  let accepted = 0
  let isStopped = false

  const send = async (lines: readonly string[]): Promise<void> => {
    while (!isStopped) {
      const answer = await fetch(`${transport.url()}/v1/traces?source=test`, {
        method: 'POST',
        body: head + lines.join(',') + tail,
        headers: { 'content-type': 'application/json' },
      }).catch(() => null)
      if (answer?.status === 200) {
        accepted += lines.length
        return
      }
      if (answer !== null && answer.status !== 429 && answer.status !== 503) throw new Error(await answer.text())
      await delay(retryAfterSeconds * 1000)
    }
  }

  return {
    start: transport.start,
    offer: (lines) => void send(lines),
    recordOf: (line) => head + line + tail,
    acknowledged: async () => accepted,
    stop: async () => {
      await transport.stop()
      isStopped = true
    },
  }
}
