import type { Readable } from 'node:stream'

/** Where a command writes: a terminal or a pipe. */
export interface Output {
  readonly write: (text: string) => unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** Everything of the process that a command may touch, so that a test can give it another. */
export interface CliIo {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Output
  readonly stderr: Output
  readonly now: () => Date
  /** Aborted when the user asks to stop. */
  readonly signal: AbortSignal
}

export interface Option {
  readonly type: 'string' | 'boolean'
  /** What the value stands for, in the help text. */
  readonly value?: string
  readonly short?: string
  readonly summary: string
}

export type OptionValues = Readonly<Record<string, string | boolean | undefined>>

export interface Invocation {
  readonly operands: readonly string[]
  readonly options: OptionValues
  readonly io: CliIo
}

/** Fine, the answer is no, and usage or environment: what every command exits with. */
export const exitCodes = { fine: 0, no: 1, usage: 2 } as const

/** One command of `agenttrail`. `run` resolves with the exit code; failures of the environment are thrown. */
export interface Command {
  readonly name: string
  readonly summary: string
  /** What follows the name on the usage line. */
  readonly usage: string
  /** Paragraphs below the summary. */
  readonly details?: string
  readonly options: Readonly<Record<string, Option>>
  readonly operandsMin: number
  readonly operandsMax: number
  readonly run: (invocation: Invocation) => Promise<number>
}

/** The value of a string option, `''` if it was not given. */
export const textOf = (options: OptionValues, name: string): string => {
  const value = options[name]
  return typeof value === 'string' ? value : ''
}

export const isSet = (options: OptionValues, name: string): boolean => options[name] === true

/** A mistake in how a command was called: printed without a stack, exit 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
