import { AgenttrailError } from '../../../src/errors.ts'
import type { JsonObject } from '../../../src/ingest/format.ts'
import { recordBytesMax } from '../../../src/ingest/transport.ts'
import { objectOf } from '../../formats/field-values.ts'
import { nameCharsMax } from '../intake-query.ts'
import { levelNames, type OtlpRequest, type OtlpRequestItem, type OtlpSignal } from './request.ts'

/** The records of one sender: one span or log record a line, each with its resource and scope. */
export interface OtlpRecords {
  readonly source: string
  readonly body: Buffer
  readonly records: number
}

export interface SplitRequest {
  readonly sources: readonly OtlpRecords[]
  /** How many spans or log records cannot be records of ours, and why. */
  readonly rejected: number
  readonly problems: ReadonlySet<string>
}

/** A request that names more senders than this counts as one of its address: each sender has a clock that others wait for. */
const sourcesMax = 16
const newline = '\n'
const tooLarge = `larger than ${recordBytesMax >> 10} KiB`

/**
 * A request → lines of OTLP's JSON encoding. Each span is a record of its own, so that it can be told again, refused and
 * kept by itself, and stands under its resource and scope as it came.
 */
export const splitRequest = (
  request: OtlpRequest,
  options: {
    readonly signal: OtlpSignal
    /** undefined = the sender's `service.name`. */
    readonly source: string | undefined
    readonly address: string
    /** The lines may be at most this large together: resources are repeated in each. */
    readonly linesBytesMax: number
  },
): SplitRequest => {
  const names = levelNames[options.signal]
  const lines = new Lines(options.linesBytesMax)
  const top = inner(request.members)
  for (const resource of request.resources) {
    const source = options.source ?? lines.sourceOf(serviceName(resource.members), options.address)
    for (const scope of resource.scopes) {
      const head = `{${top}"${names.resources}":[{${inner(resource.members)}"${names.scopes}":[{${inner(scope.members)}"${names.items}":[`
      for (const item of scope.items) lines.add(source, head, item)
    }
  }
  return lines.split()
}

const tail = ']}]}]}'

class Lines {
  readonly #bySource = new Map<string, string[]>()
  readonly #problems = new Set<string>()
  readonly #bytesMax: number
  #bytes = 0
  #rejected = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  sourceOf(name: string, address: string): string {
    if (name === '') return address
    return this.#bySource.has(name) || this.#bySource.size < sourcesMax ? name : address
  }

  add(source: string, head: string, item: OtlpRequestItem): void {
    if ('problem' in item) {
      this.#reject(item.problem)
      return
    }
    const line = `${head}${JSON.stringify(item.value)}${tail}`
    const bytes = Buffer.byteLength(line)
    // The log keeps its beginning and its hash as a dead letter; the sender learns that it will be no event.
    if (bytes > recordBytesMax) this.#reject(tooLarge)
    this.#bytes += bytes + 1
    if (this.#bytes > this.#bytesMax) {
      const detail = `The request grows to more than ${this.#bytesMax >> 20} MiB with its resource beside each record: send fewer at once.`
      throw new AgenttrailError('AGT_BODY_TOO_LARGE', detail)
    }
    const lines = this.#bySource.get(source)
    if (lines === undefined) this.#bySource.set(source, [line])
    else lines.push(line)
  }

  split(): SplitRequest {
    const sources = [...this.#bySource].map(([source, lines]) => ({
      source,
      body: Buffer.from(lines.join(newline)),
      records: lines.length,
    }))
    return { sources, rejected: this.#rejected, problems: this.#problems }
  }

  #reject(problem: string): void {
    this.#rejected += 1
    this.#problems.add(problem)
  }
}

/** The members of an object as they stand between its braces, with a comma behind them. */
const inner = (members: JsonObject): string => {
  const text = JSON.stringify(members).slice(1, -1)
  return text === '' ? '' : `${text},`
}

const serviceName = (members: JsonObject): string => {
  const attributes = objectOf(members['resource'])?.['attributes']
  if (!Array.isArray(attributes)) return ''
  const pair = attributes.map(objectOf).find((each) => each?.['key'] === 'service.name')
  const name = objectOf(pair?.['value'])?.['stringValue']
  return typeof name === 'string' ? name.slice(0, nameCharsMax) : ''
}
