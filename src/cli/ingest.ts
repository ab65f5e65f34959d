import { createReadStream, statSync } from 'node:fs'
import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import { type ApiClient, apiClientFor } from './api-client.ts'
import { assertReadable } from './assert-readable.ts'
import { awaitOutcomes, type Outcomes } from './await-outcomes.ts'
import { type CliIo, type Command, exitCodes, isSet, textOf } from './command.ts'
import { Progress } from './progress.ts'
import { bodyBytesMax, recordBodies } from './record-bodies.ts'
import { sendRecords } from './send-records.ts'

export const ingest: Command = {
  name: 'ingest',
  summary: 'Send log files, or standard input, to a running server.',
  usage: '[FILE…] [--format F] [--source S]',
  details: `Without FILE, or with "-", standard input is read; what has come is sent when nothing more comes for a second, so
\`kubectl logs -f … | agenttrail ingest\` is live. Sending the same file again stores nothing twice.
Exit 1 if any record was refused; \`agenttrail dead-letters\` says why.`,
  options: {
    format: { type: 'string', value: 'FORMAT', summary: 'how to read the records (default auto)' },
    source: {
      type: 'string',
      value: 'NAME',
      summary: "what to call where they come from (default the file's name, or stdin)",
    },
    realm: { type: 'string', value: 'NAME', summary: 'the realm they belong to (default "default")' },
    json: { type: 'boolean', summary: 'print the counts as JSON' },
  },
  operandsMin: 0,
  operandsMax: 1_000,

  run: async ({ operands, options, io }) => {
    const files = operands.length === 0 ? ['-'] : operands
    for (const file of files) if (file !== '-') assertReadable(file)
    if (files.includes('-') && io.stdin.isTTY === true) {
      io.stderr.write('Reading records from standard input; end with Ctrl-D.\n')
    }
    const target = { format: textOf(options, 'format') || 'auto', realm: textOf(options, 'realm') }
    const client = apiClientFor(io.env)
    // A server that is not there is better told before a big file is read than after five minutes of retries.
    await client.get('/api/v1/status')
    const run: Run = { client, io, target, batchIds: [], accepted: 0, tooLarge: 0 }
    for (const file of files) await sendFile(run, file, textOf(options, 'source'))
    return finish(run, isSet(options, 'json'))
  },
}

interface Run {
  readonly client: ApiClient
  readonly io: CliIo
  readonly target: { readonly format: string; readonly realm: string }
  readonly batchIds: string[]
  accepted: number
  tooLarge: number
}

const idleMs = 1_000
const outcomesWaitMs = 60_000

const sendFile = async (run: Run, file: string, sourceWanted: string): Promise<void> => {
  const { client, io, target } = run
  const isStdin = file === '-'
  const stream: Readable = isStdin ? io.stdin : createReadStream(file, { highWaterMark: 1 << 20 })
  const source = sourceWanted || (isStdin ? 'stdin' : basename(file))
  const total = isStdin ? null : statSync(file).size
  const progress = new Progress(io.stderr)
  for await (const body of recordBodies(stream, isStdin ? { idleMs } : {})) {
    if (body.bytes.length > bodyBytesMax) {
      run.tooLarge += 1
      progress.clear()
      io.stderr.write(
        `${file}: the line at byte ${body.offset} has ${body.bytes.length} bytes; the server takes at most ${bodyBytesMax}. It was not sent.\n`,
      )
      continue
    }
    const sent = await sendRecords(client, body, {
      ...target,
      source,
      signal: io.signal,
      onRetry: (reason, waitMs) => {
        progress.clear()
        io.stderr.write(`${reason}; trying again in ${Math.round(waitMs / 100) / 10} s.\n`)
      },
    })
    if (sent.accepted > 0) run.batchIds.push(sent.batchId)
    run.accepted += sent.accepted
    const done = body.offset + body.bytes.length
    progress.show({ done, total, text: `${source}  ${run.accepted.toLocaleString('en')} records` })
  }
  progress.clear()
}

const finish = async (run: Run, asJson: boolean): Promise<number> => {
  const { client, io, target, batchIds, accepted, tooLarge } = run
  const outcomes = await awaitOutcomes(client, batchIds, {
    realm: target.realm,
    waitMs: outcomesWaitMs,
    signal: io.signal,
  })
  if (asJson) io.stdout.write(`${JSON.stringify({ accepted, tooLarge, records: outcomes })}\n`)
  else io.stdout.write(summaryOf(accepted, outcomes))
  if (outcomes.rejected > 0) io.stderr.write('See `agenttrail dead-letters` for why records were rejected.\n')
  if (outcomes.unknownBatches > 0) {
    io.stderr.write(
      `${outcomes.unknownBatches} batches are accepted, but not analysed yet; see \`agenttrail doctor\`.\n`,
    )
  }
  return outcomes.rejected + outcomes.unknownBatches + tooLarge > 0 ? exitCodes.no : exitCodes.fine
}

const summaryOf = (accepted: number, { stored, ignored, duplicate, rejected }: Outcomes): string => {
  const number = (value: number): string => value.toLocaleString('en')
  return `${number(accepted)} records accepted: ${number(stored)} stored, ${number(ignored)} ignored, ${number(duplicate)} duplicate, ${number(rejected)} rejected.\n`
}
