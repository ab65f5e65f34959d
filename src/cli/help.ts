import type { Command } from './command.ts'

/** What `agenttrail --help` prints. */
export const helpText = (commands: readonly Command[]): string => {
  const width = Math.max(...commands.map((command) => command.name.length))
  const lines = commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`)
  return `agenttrail – what AI agents did behind Pomerium and MCP gateways, for whom, and what they were refused.

Usage: agenttrail COMMAND [OPTIONS]

${lines.join('\n')}

\`agenttrail COMMAND --help\` says more about each.
Commands that read talk to the server at AGENTTRAIL_URL (default http://127.0.0.1:9470).
Exit codes: 0 fine, 1 the answer is no, 2 usage or environment.
`
}

/** What `agenttrail COMMAND --help` prints. */
export const commandHelp = (command: Command): string => {
  const options = Object.entries(command.options).map(([name, option]) => {
    const short = option.short === undefined ? '' : `-${option.short}, `
    const value = option.value === undefined ? '' : ` ${option.value}`
    return [`${short}--${name}${value}`, option.summary] as const
  })
  const all = [...options, ['-h, --help', 'print this'] as const]
  const width = Math.max(...all.map(([left]) => left.length))
  const details = command.details === undefined ? '' : `\n${command.details}\n`
  return `${command.summary}

Usage: agenttrail ${[command.name, command.usage].filter((part) => part !== '').join(' ')}
${details}
${all.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n')}
`
}
