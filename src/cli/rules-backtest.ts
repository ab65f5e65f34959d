import { z } from 'zod'
import { type ApiClient, apiClientFor, problemError } from './api-client.ts'
import { type CliIo, exitCodes, type Invocation, isSet, UsageError } from './command.ts'
import { findingColumns } from './findings.ts'
import { listQuery } from './list-options.ts'
import { Progress } from './progress.ts'
import { findingShape, parseShape } from './shapes.ts'
import { renderTable } from './table.ts'

const dayMs = 24 * 3600 * 1000
const daysDefault = 7
/** A range is asked for in about so many slices, so that there is progress to show. */
const slicesWanted = 10
/** The server's own limit for a query, and a little more. */
const timeoutMs = 150_000

const backtestShape = z.looseObject({
  ruleId: z.string(),
  from: z.string(),
  to: z.string(),
  readFrom: z.string(),
  evaluable: z.boolean(),
  reason: z.string(),
  findings: z.array(findingShape),
  truncated: z.boolean(),
  rowsRead: z.number(),
  seconds: z.number(),
  budget: z.looseObject({ rowsMax: z.number().nullable(), secondsMax: z.number().nullable() }),
  withinBudget: z.boolean(),
})
type Backtest = z.infer<typeof backtestShape>

/** `rules backtest RULE`: what the server's rule would have found in its store, in slices of time. */
export const backtestRule = async (invocation: Invocation): Promise<number> => {
  const { operands, options, io } = invocation
  const [, rule, ...more] = operands
  if (rule === undefined || more.length > 0) throw new UsageError('rules backtest needs one rule: its id')
  const { from, to, realm } = listQuery(options, io.now())
  const toMs = to === '' ? io.now().getTime() : Date.parse(to)
  const fromMs = from === '' ? toMs - daysDefault * dayMs : Date.parse(from)
  if (fromMs >= toMs) throw new UsageError('--to must be later than --from')
  const api = apiClientFor(io.env, timeoutMs)
  const found = await inSlices({ fromMs, toMs, io }, (range) => ask(api, { rule, realm, ...range, signal: io.signal }))
  if (isSet(options, 'json')) io.stdout.write(`${JSON.stringify(found, null, 2)}\n`)
  else print(found, io)
  return found.evaluable && found.withinBudget ? exitCodes.fine : exitCodes.no
}

interface Range {
  readonly fromMs: number
  readonly toMs: number
}

const ask = async (
  api: ApiClient,
  {
    rule,
    realm,
    fromMs,
    toMs,
    signal,
  }: Range & { readonly rule: string; readonly realm: string; readonly signal: AbortSignal },
): Promise<Backtest> => {
  const response = await api.send(`/api/v1/rules/${encodeURIComponent(rule)}/backtest`, {
    method: 'POST',
    query: { realm },
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() }),
    signal,
  })
  const text = await response.text()
  if (!response.ok) throw problemError(response.status, text, api.url)
  return parseShape(backtestShape, JSON.parse(text))
}

/** A slice is at least as long as what its rule looks back on, or most of the reading would be done over and over. */
const inSlices = async (
  { fromMs, toMs, io }: Range & { readonly io: CliIo },
  run: (range: Range) => Promise<Backtest>,
): Promise<Backtest> => {
  const progress = new Progress(io.stderr)
  let sliceMs = Math.max(dayMs, (toMs - fromMs) / slicesWanted)
  let sum: Backtest | null = null
  for (let atMs = fromMs; sum === null || (atMs < toMs && sum.evaluable); ) {
    progress.show({ done: atMs - fromMs, total: toMs - fromMs, text: new Date(atMs).toISOString().slice(0, 10) })
    const endMs = Math.min(toMs, atMs + sliceMs)
    const slice: Backtest = await run({ fromMs: atMs, toMs: endMs }).finally(() => progress.clear())
    sum = sum === null ? slice : added(sum, slice)
    sliceMs = Math.max(sliceMs, Date.parse(slice.from) - Date.parse(slice.readFrom))
    atMs = endMs
  }
  return sum
}

const added = (sum: Backtest, slice: Backtest): Backtest => {
  // A bucket that two slices share is in both; the later one saw all of it.
  const ids = new Set(slice.findings.map((finding) => finding.id))
  const rowsRead = sum.rowsRead + slice.rowsRead
  const seconds = sum.seconds + slice.seconds
  const budget = {
    rowsMax: addedMax(sum.budget.rowsMax, slice.budget.rowsMax),
    secondsMax: addedMax(sum.budget.secondsMax, slice.budget.secondsMax),
  }
  return {
    ...sum,
    to: slice.to,
    findings: [...sum.findings.filter((finding) => !ids.has(finding.id)), ...slice.findings],
    truncated: sum.truncated || slice.truncated,
    rowsRead,
    seconds,
    budget,
    withinBudget: rowsRead <= (budget.rowsMax ?? rowsRead) && seconds <= (budget.secondsMax ?? seconds),
  }
}

const addedMax = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b)

const print = (found: Backtest, io: CliIo): void => {
  if (!found.evaluable) {
    io.stderr.write(`Not evaluable: ${found.reason}\n`)
    return
  }
  const { findings, rowsRead, seconds, budget } = found
  if (findings.length > 0) {
    io.stdout.write(renderTable(findingColumns(io.now()), findings, { output: io.stdout, env: io.env }))
  }
  const more = found.truncated ? 'at least ' : ''
  const cost = `${rowsRead.toLocaleString('en')} rows read in ${seconds.toFixed(2)} s`
  io.stderr.write(`${more}${findings.length} findings from ${found.from} to ${found.to}, ${cost}.\n`)
  if (found.withinBudget) return
  io.stderr.write(
    `The rule's budget is exceeded: ${budget.rowsMax ?? 'any number of'} rows and ${budget.secondsMax ?? 'any number of'} s for these days.\n`,
  )
}
