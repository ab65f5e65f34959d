import { createReadStream, statSync } from 'node:fs'
import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import { type ApiClient, apiClientFor } from './api-client.ts'
import { assertReadable } from './assert-readable.ts'
import { addOutcomes, awaitOutcomes, noOutcomes, type Outcomes } from './await-outcomes.ts'
import { type CliIo, type Command, exitCodes, isSet, textOf } from './command.ts'
import { Progress } from './progress.ts'
import { bodyBytesMax, type RecordBody, recordBodies } from './record-bodies.ts'
import { type Sent, sendRecords } from './send-records.ts'

export const ingest: Command = {
  name: 'ingest',
  summary: 'Send log files, or standard input, to a running server.',
  usage: '[FILE…] [--format F] [--source S]',
  details: `Without FILE, or with "-", standard input is read; what has come is sent when nothing more comes for a second, so
\`kubectl logs -f … | agenttrail ingest\` is live. Ctrl-C ends the input; a second one gives up.
Sending the same file again stores nothing twice; a file that has grown is another one, and is better followed by the
server (\`collectors\` in the settings). Exit 1 if any record was refused;
\`agenttrail dead-letters\` says why.`,
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
    const run: Run = { client, io, target, pending: [], outcomes: noOutcomes, accepted: 0, refused: false }
    for (const file of files) {
      if (io.signal.aborted) break
      await sendInput(run, openInput(file, textOf(options, 'source'), io))
    }
    return finish(run, isSet(options, 'json'))
  },
}

interface Run {
  readonly client: ApiClient
  readonly io: CliIo
  readonly target: { readonly format: string; readonly realm: string }
  /** Bodies of which it is not known yet what became of them. */
  pending: Sent[]
  outcomes: Outcomes
  accepted: number
  /** Whether something was not sent. */
  refused: boolean
}

const idleMs = 1_000
const outcomesWaitMs = 60_000
/** A stream that never ends is asked about as it goes, while the server remembers its batches. */
const pendingMax = 256

interface Input {
  readonly name: string
  readonly source: string
  readonly stream: Readable
  /** null where the end is not known. */
  readonly bytes: number | null
}

const openInput = (file: string, source: string, io: CliIo): Input =>
  file === '-'
    ? { name: 'standard input', source: source || 'stdin', stream: io.stdin, bytes: null }
    : {
        name: file,
        source: source || basename(file),
        stream: createReadStream(file, { highWaterMark: 1 << 20 }),
        bytes: statSync(file).size,
      }

const sendInput = async (run: Run, input: Input): Promise<void> => {
  const { signal, stderr } = run.io
  const progress = new Progress(stderr)
  let done = 0
  for await (const body of recordBodies(input.stream, input.bytes === null ? { idleMs, signal } : { signal })) {
    await sendBody(run, input, body, progress)
    done = body.offset + body.bytes.length
    const text = `${input.source}  ${run.accepted.toLocaleString('en')} records`
    progress.show({ done, total: input.bytes, text })
  }
  progress.clear()
  if (input.bytes !== null && done < input.bytes && signal.aborted) {
    run.refused = true
    stderr.write(`${input.name}: stopped at byte ${done} of ${input.bytes}; send it again to go on.\n`)
  }
}

const sendBody = async (run: Run, input: Input, body: RecordBody, progress: Progress): Promise<void> => {
  const { stderr } = run.io
  if (body.bytes.length > bodyBytesMax) {
    progress.clear()
    run.refused = true
    const text = `the line at byte ${body.offset} has ${body.bytes.length} bytes; the server takes at most ${bodyBytesMax}`
    stderr.write(`${input.name}: ${text}. It was not sent.\n`)
    return
  }
  const sent = await sendRecords(run.client, body, {
    ...run.target,
    source: input.source,
    onRetry: (reason, waitMs) => {
      progress.clear()
      stderr.write(`${reason}; trying again in ${Math.round(waitMs / 100) / 10} s.\n`)
    },
  })
  run.accepted += sent.accepted
  if (sent.accepted > 0) run.pending.push(sent)
  if (run.pending.length >= pendingMax) await learnOutcomes(run)
}

const learnOutcomes = async (run: Run): Promise<void> => {
  const learned = await awaitOutcomes(run.client, run.pending, { realm: run.target.realm, waitMs: outcomesWaitMs })
  run.outcomes = addOutcomes(run.outcomes, learned)
  run.pending = []
}

const finish = async (run: Run, asJson: boolean): Promise<number> => {
  await learnOutcomes(run)
  const { io, accepted, outcomes } = run
  if (asJson) io.stdout.write(`${JSON.stringify({ accepted, records: outcomes })}\n`)
  else io.stdout.write(summaryOf(accepted, outcomes))
  if (outcomes.rejected > 0) io.stderr.write('See `agenttrail dead-letters` for why records were rejected.\n')
  if (outcomes.unknownBatches > 0) {
    io.stderr.write(
      `${outcomes.unknownBatches} batches are accepted, but not analysed yet; see \`agenttrail doctor\`.\n`,
    )
  }
  return run.refused || outcomes.rejected + outcomes.unknownBatches > 0 ? exitCodes.no : exitCodes.fine
}

const summaryOf = (accepted: number, { stored, ignored, duplicate, rejected }: Outcomes): string => {
  const number = (value: number): string => value.toLocaleString('en')
  return `${number(accepted)} records accepted: ${number(stored)} stored, ${number(ignored)} ignored, ${number(duplicate)} duplicate, ${number(rejected)} rejected.\n`
}
