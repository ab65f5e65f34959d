import { didYouMean } from '../did-you-mean.ts'
import { AgenttrailError } from '../errors.ts'
import { type CliIo, type Command, exitCodes, UsageError } from './command.ts'
import { commands } from './commands.ts'
import { commandHelp, helpText } from './help.ts'
import { parseInvocation } from './parse-invocation.ts'

/** Runs the command that `args` name and resolves with the exit code. Whatever goes wrong ends as one sentence. */
export const runCli = async (args: readonly string[], io: CliIo): Promise<number> => {
  try {
    return await dispatch(args, io)
  } catch (error) {
    return report(error, io)
  }
}

const dispatch = async (args: readonly string[], io: CliIo): Promise<number> => {
  const [name = '', ...rest] = args
  if (name === '' || name === '--help' || name === '-h' || name === 'help') {
    const about = commands.find((command) => command.name === rest[0])
    io[name === '' ? 'stderr' : 'stdout'].write(about === undefined ? helpText(commands) : commandHelp(about))
    return name === '' ? exitCodes.usage : exitCodes.fine
  }
  const command = commandOf(name)
  const { operands, options } = parseInvocation(command, rest)
  if (options['help'] === true) {
    io.stdout.write(commandHelp(command))
    return exitCodes.fine
  }
  return command.run({ operands, options, io })
}

const commandOf = (name: string): Command => {
  const command = commands.find((known) => known.name === name)
  if (command !== undefined) return command
  const near = didYouMean(
    name,
    commands.map((known) => known.name),
  )
  const hint = near === null ? 'see `agenttrail --help`' : `did you mean \`agenttrail ${near}\`?`
  throw new UsageError(`There is no command "${name}"; ${hint}`)
}

const report = (error: unknown, io: CliIo): number => {
  if (error instanceof UsageError) {
    io.stderr.write(`agenttrail: ${error.message}\n`)
    return exitCodes.usage
  }
  if (error instanceof AgenttrailError) {
    io.stderr.write(`agenttrail: ${error.message} [${error.code}]\n`)
    return error.code === 'AGT_NOT_FOUND' ? exitCodes.no : exitCodes.usage
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  io.stderr.write(`agenttrail: this should not have happened; please report it with what follows.\n${text}\n`)
  return exitCodes.usage
}
