import { parseArgs } from 'node:util'
import { didYouMean } from '../did-you-mean.ts'
import { type Command, type OptionValues, UsageError } from './command.ts'

export interface ParsedArguments {
  readonly operands: readonly string[]
  readonly options: OptionValues
}

/** The arguments of one command. Throws `UsageError` with a suggestion for what the command does not know. */
export const parseInvocation = (command: Command, args: readonly string[]): ParsedArguments => {
  const options = Object.fromEntries(
    Object.entries({ ...command.options, help: { type: 'boolean', short: 'h' } as const }).map(([name, option]) => [
      name,
      { type: option.type, ...(option.short !== undefined && { short: option.short }) },
    ]),
  )
  const parsed = parseStrictly(command, args, options)
  if (parsed.values['help'] === true) return { operands: [], options: parsed.values }
  const { operandsMin, operandsMax } = command
  if (parsed.positionals.length < operandsMin) {
    throw new UsageError(`${command.name} needs ${command.usage.split(' ')[0]}`)
  }
  if (parsed.positionals.length > operandsMax) {
    throw new UsageError(`${command.name} does not take "${parsed.positionals[operandsMax]}"`)
  }
  return { operands: parsed.positionals, options: parsed.values }
}

type ArgsOptions = Readonly<Record<string, { readonly type: 'string' | 'boolean'; readonly short?: string }>>

const parseStrictly = (
  command: Command,
  args: readonly string[],
  options: ArgsOptions,
): { readonly values: OptionValues; readonly positionals: readonly string[] } => {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    return { values: values as OptionValues, positionals }
  } catch (error) {
    const unknown = unknownOption(args, options)
    if (unknown !== null) {
      const near = didYouMean(unknown, Object.keys(options))
      const hint = near === null ? '' : `; did you mean --${near}?`
      throw new UsageError(`${command.name} does not know the option --${unknown}${hint}`, { cause: error })
    }
    throw new UsageError(firstSentence(error), { cause: error })
  }
}

const unknownOption = (args: readonly string[], options: ArgsOptions): string | null => {
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true })
  const unknown = tokens.find((token) => token.kind === 'option' && !(token.name in options))
  return unknown?.kind === 'option' ? unknown.name : null
}

const firstSentence = (error: unknown): string =>
  error instanceof Error ? (error.message.split(/\.\s/)[0] ?? error.message) : String(error)
