import { Readable } from 'node:stream'
import type { CliIo, Output } from '../../src/cli/command.ts'

/** What a command was given and what it wrote. */
export interface FakeIo extends CliIo {
  readonly out: () => string
  readonly err: () => string
}

export const fakeIo = (
  options: {
    readonly env?: Readonly<Record<string, string>>
    readonly stdin?: string
    readonly isTTY?: boolean
    readonly columns?: number
    readonly now?: Date
  } = {},
): FakeIo => {
  const written = { out: '', err: '' }
  const output = (name: 'out' | 'err'): Output => ({
    write: (text) => {
      written[name] += text
    },
    isTTY: options.isTTY === true,
    columns: options.columns ?? 120,
  })
  return {
    env: options.env ?? {},
    stdin: Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]),
    stdout: output('out'),
    stderr: output('err'),
    now: () => options.now ?? new Date('2026-11-24T08:00:00Z'),
    signal: new AbortController().signal,
    out: () => written.out,
    err: () => written.err,
  }
}
