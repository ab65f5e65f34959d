import { z } from 'zod'
import { didYouMean } from '../did-you-mean.ts'
import { assertReadable } from './assert-readable.ts'
import { severityPaint } from './cells.ts'
import { type CliIo, type Command, exitCodes, type Invocation, isSet, textOf, UsageError } from './command.ts'
import { listOptions } from './list-options.ts'
import { Progress } from './progress.ts'
import { backtestRule } from './rules-backtest.ts'
import { importRule } from './rules-import.ts'
import { styleFor } from './style.ts'
import { type Column, renderTable } from './table.ts'

const defaultDir = './rules'

export const rules: Command = {
  name: 'rules',
  summary: 'List the rules, run the tests that their files hold, or try one on events or on history.',
  usage: 'list | test [PATH…] | test RULE --events FILE | backtest RULE [--from TIME] [--to TIME] | import FILE…',
  details: `list        the rules of --rules, with their state and number of tests
test        the tests of every rule in files or directories (default --rules); exit 1 if one fails
test RULE   with --events: which lines of FILE the rule matches; RULE is a rule file or a rule's id
backtest    what a rule of the running server would have found in its store, by default in the last 7 days; exit 1 if
            it cost more than the rule's budget, or stored calls cannot answer it
import      copies rule files, Sigma's too, into --rules if the whole set is right with them; exit 1 if a name is taken`,
  options: {
    rules: {
      type: 'string',
      value: 'DIR',
      summary: 'the directory of the rules (default AGENTTRAIL_RULES_DIR, ./rules)',
    },
    events: { type: 'string', value: 'FILE', summary: 'events as JSON, one a line' },
    from: listOptions.from,
    to: listOptions.to,
    realm: listOptions.realm,
    json: { type: 'boolean', summary: 'print JSON' },
  },
  operandsMin: 1,
  operandsMax: 1_000,

  run: async (invocation) => {
    const [verb = ''] = invocation.operands
    const command = verbs[verb]
    if (command !== undefined) return command(invocation)
    const near = didYouMean(verb, Object.keys(verbs))
    throw new UsageError(
      `rules does not know "${verb}"; ${near === null ? 'use list, test, backtest or import' : `did you mean ${near}?`}`,
    )
  },
}

const rulesDirOf = ({ options, io }: Invocation): string =>
  textOf(options, 'rules') || io.env['AGENTTRAIL_RULES_DIR'] || defaultDir

const list = async (invocation: Invocation): Promise<number> => {
  const { io, options } = invocation
  const { listRules } = await import('../run/rule-reports.ts')
  const found = z.array(ruleShape).parse(listRules(rulesDirOf(invocation)))
  if (isSet(options, 'json')) io.stdout.write(`${JSON.stringify(found, null, 2)}\n`)
  else io.stdout.write(renderTable(columns, found, { output: io.stdout, env: io.env }))
  return exitCodes.fine
}

const test = async (invocation: Invocation): Promise<number> => {
  const { operands, options, io } = invocation
  const events = textOf(options, 'events')
  const paths = operands.slice(1)
  if (events !== '') return match(invocation, { events, rules: paths })
  const { testRules } = await import('../run/rule-reports.ts')
  const progress = new Progress(io.stderr)
  const reports = testRules(paths.length > 0 ? paths : [rulesDirOf(invocation)], (done, total) =>
    progress.show({ done, total, text: 'rules' }),
  )
  progress.clear()
  const failed = reports.some((report) => report.tests.some((each) => each.failure !== null))
  if (isSet(options, 'json')) io.stdout.write(`${JSON.stringify(reports, null, 2)}\n`)
  else printReports(reports, io)
  return failed ? exitCodes.no : exitCodes.fine
}

const match = async (
  invocation: Invocation,
  { events, rules: names }: { readonly events: string; readonly rules: readonly string[] },
): Promise<number> => {
  const { io, options } = invocation
  const [rule] = names
  if (rule === undefined || names.length > 1) throw new UsageError('rules test --events needs one rule: its file or id')
  assertReadable(events)
  const { matchLines } = await import('../run/rule-reports.ts')
  const lines = matchLines({ rule, events, rulesDir: rulesDirOf(invocation) })
  const matched = lines.filter((line) => line.matched)
  if (isSet(options, 'json')) io.stdout.write(`${JSON.stringify(lines)}\n`)
  else {
    for (const { line } of matched) io.stdout.write(`${line}\n`)
    io.stderr.write(`${matched.length} of ${lines.length} lines match.\n`)
  }
  return exitCodes.fine
}

const verbs: Readonly<Record<string, (invocation: Invocation) => Promise<number>>> = {
  list,
  test,
  backtest: backtestRule,
  import: importRule,
}

const ruleShape = z.object({
  id: z.string(),
  title: z.string(),
  severity: z.string(),
  state: z.string(),
  response: z.array(z.string()),
  tags: z.array(z.string()),
  tests: z.number(),
  file: z.string(),
})

const columns: readonly Column<z.infer<typeof ruleShape>>[] = [
  { title: 'RULE', of: (rule) => rule.id },
  { title: 'SEVERITY', of: (rule) => rule.severity, style: (rule, style) => severityPaint(rule.severity)(style) },
  { title: 'STATE', of: (rule) => rule.state },
  { title: 'RESPONSE', of: (rule) => rule.response.join(', ') },
  { title: 'TESTS', of: (rule) => String(rule.tests), align: 'right' },
  { title: 'TITLE', of: (rule) => rule.title, widthMin: 24 },
]

interface Report {
  readonly id: string
  readonly file: string
  readonly tests: readonly { readonly name: string; readonly expects: string; readonly failure: string | null }[]
}

const printReports = (reports: readonly Report[], io: CliIo): void => {
  const style = styleFor(io.stdout, io.env)
  let failures = 0
  for (const { id, file, tests } of reports) {
    const failed = tests.filter((each) => each.failure !== null)
    failures += failed.length
    const count = (expects: string): number => tests.filter((each) => each.expects === expects).length
    const mark = failed.length === 0 ? style.green('✓') : style.red('✗')
    io.stdout.write(`${mark} ${id}  ${count('fires')} fire, ${count('quiet')} quiet  ${style.dim(file)}\n`)
    for (const { name, expects, failure } of failed) io.stdout.write(`    ${expects}: ${name}: ${failure}\n`)
  }
  const total = reports.reduce((sum, report) => sum + report.tests.length, 0)
  io.stdout.write(`${reports.length} rules, ${total} tests, ${failures} failed\n`)
}
