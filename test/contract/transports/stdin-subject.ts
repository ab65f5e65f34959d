import { PassThrough } from 'node:stream'
import { createStdinTransport } from '../../../collectors/transports/stdin.ts'
import type { MakeSubject } from './subject.ts'

/** A writer to a pipe, who learns nothing but that the pipe is full. */
export const stdinSubject: MakeSubject = ({ intake }) => {
  const stream = new PassThrough()
  const transport = createStdinTransport({ intake, stream, format: 'auto', source: '', realm: 'default' })
  return {
    start: () => transport.start(),
    offer: (lines) => void stream.write(lines.map((line) => `${line}\n`).join('')),
    acknowledged: null,
    stop: () => transport.stop(),
  }
}
