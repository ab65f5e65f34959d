import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFileTransport } from '../../../collectors/transports/file.ts'
import type { MakeSubject } from './subject.ts'

/** A file that is written to. Its source is told by the saved position: what lies before it is never read again. */
export const fileSubject: MakeSubject = ({ intake, dir }) => {
  const path = join(dir, 'followed.log')
  const common = { intake, path, format: 'auto', source: '', realm: 'default', positionsDir: dir }
  const transport = createFileTransport(common)
  const savedOffset = (): number => {
    const name = readdirSync(dir).find((file) => file.endsWith('.json'))
    return name === undefined ? 0 : (JSON.parse(readFileSync(join(dir, name), 'utf8')) as { offset: number }).offset
  }
  return {
    start: () => transport.start(),
    offer: (lines) => appendFileSync(path, lines.map((line) => `${line}\n`).join('')),
    acknowledged: async () => {
      if (!existsSync(path)) return 0
      return readFileSync(path).subarray(0, savedOffset()).toString().split('\n').length - 1
    },
    stop: () => transport.stop(),
  }
}
