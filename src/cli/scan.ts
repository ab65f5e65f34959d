import { z } from 'zod'
import { assertReadable } from './assert-readable.ts'
import { type CliIo, type Command, exitCodes, isSet, textOf, UsageError } from './command.ts'
import { findingColumns } from './findings.ts'
import { Progress } from './progress.ts'
import { sessionColumns } from './sessions.ts'
import { findingShape, parseShape, recordCounts, sessionShape } from './shapes.ts'
import { renderTable } from './table.ts'

const severities = ['info', 'low', 'medium', 'high', 'critical'] as const
type Severity = (typeof severities)[number]

export const scan: Command = {
  name: 'scan',
  summary: 'Analyse log files without a server, and print their sessions and findings.',
  usage: 'FILE… [--format F] [--rules DIR] [--fail-on SEVERITY] [--json]',
  details: `The files are read into an engine and a directory of its own, which are removed at the end.
Exit 0 if nothing was found, 1 if there are findings at or above --fail-on.`,
  options: {
    format: { type: 'string', value: 'FORMAT', summary: 'how to read the records (default auto)' },
    rules: {
      type: 'string',
      value: 'DIR',
      summary: 'the directory of the rules (default AGENTTRAIL_RULES_DIR, ./rules)',
    },
    'fail-on': { type: 'string', value: 'SEVERITY', summary: 'info, low, medium, high (default) or critical' },
    json: { type: 'boolean', summary: 'print records, sessions, calls and findings as JSON' },
  },
  operandsMin: 1,
  operandsMax: 1_000,

  run: async ({ operands, options, io }) => {
    const failOn = severityOf(textOf(options, 'fail-on') || 'high')
    for (const file of operands) assertReadable(file)
    const { scanFiles } = await import('../run/scan.ts')
    const progress = new Progress(io.stderr)
    const result = await scanFiles({
      files: operands,
      format: textOf(options, 'format') || 'auto',
      rulesDir: textOf(options, 'rules'),
      env: io.env,
      now: io.now,
      signal: io.signal,
      onProgress: (bytesRead) => {
        progress.show({ done: 0, total: null, text: `${Math.round(bytesRead / 1024 ** 2)} MiB read` })
      },
    }).finally(() => progress.clear())
    if (isSet(options, 'json')) io.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
    else print(result, io)
    const isFound = result.findings.some(
      (finding) => severities.indexOf(finding.severity as Severity) >= severities.indexOf(failOn),
    )
    return isFound ? exitCodes.no : exitCodes.fine
  },
}

const severityOf = (text: string): Severity => {
  const severity = severities.find((known) => known === text)
  if (severity === undefined) throw new UsageError(`--fail-on is "${text}"; it must be one of ${severities.join(', ')}`)
  return severity
}

const resultShape = z.looseObject({
  records: recordCounts,
  sessions: z.array(sessionShape),
  findings: z.array(findingShape),
})

const print = (result: unknown, io: CliIo): void => {
  const { records, sessions, findings } = parseShape(resultShape, result)
  const { stored, ignored, duplicate, rejected } = records
  io.stderr.write(`${stored} records stored, ${ignored} ignored, ${duplicate} duplicate, ${rejected} rejected.\n`)
  const table = { output: io.stdout, env: io.env }
  if (sessions.length > 0) io.stdout.write(renderTable(sessionColumns(io.now()), sessions, table))
  else io.stderr.write('No sessions.\n')
  if (findings.length > 0) io.stdout.write(`\n${renderTable(findingColumns(io.now()), findings, table)}`)
  else io.stderr.write('No findings.\n')
}
