import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createDecodeBatch } from '../../collectors/decode.ts'
import { AgenttrailError } from '../../src/errors.ts'
import { recordBytesMax, recordKeptBytes } from '../../src/ingest/transport.ts'
import { createAppend } from '../../src/log/append-batch.ts'
import type { BatchEntry } from '../../src/log/entry.ts'
import { MemoryLog } from '../../src/log/memory-log.ts'
import { brokerStartMs, isKafkaMissing, startTestBroker } from '../fakes/kafka.ts'
import { fileSubject } from './transports/file-subject.ts'
import { httpSubject } from './transports/http-subject.ts'
import { kafkaSubject } from './transports/kafka-subject.ts'
import { otlpSubject, unwrapSpan } from './transports/otlp-subject.ts'
import { stdinSubject } from './transports/stdin-subject.ts'
import { type MakeSubject, retryAfterSeconds, type TransportSubject } from './transports/subject.ts'

/** One subject for each transport there is. */
const subjects: Readonly<Record<string, MakeSubject>> = {
  http: httpSubject,
  otlp: otlpSubject,
  file: fileSubject,
  stdin: stdinSubject,
  kafka: kafkaSubject(() => broker?.address ?? ''),
}

let broker: Awaited<ReturnType<typeof startTestBroker>> | null = null
const isWithoutKafka = isKafkaMissing()
beforeAll(async () => {
  if (!isWithoutKafka) broker = await startTestBroker()
}, brokerStartMs)
afterAll(async () => broker?.close())

it('has a subject for every transport', () => {
  const folder = fileURLToPath(new URL('../../collectors/transports', import.meta.url))
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts'))
  const names = files.flatMap((file) =>
    // What a transport calls itself in its batches.
    [...readFileSync(join(folder, file), 'utf8').matchAll(/transport: '(\w+)'/g)].map((match) => match[1]),
  )
  expect(Object.keys(subjects).sort()).toEqual(names.sort())
})

/** The log behind a door: an append can be held, refused, or kept without its answer ever arriving. */
class Door {
  readonly log = new MemoryLog()
  readonly #unwrap: (line: string) => string
  readonly #append = createAppend({ log: this.log, now: () => new Date(0) })
  /** What is done to the next appends, one each. */
  readonly plans: ('hold' | 'full' | 'fail' | 'loseAnswer')[] = []
  tried = 0
  #release: () => void = () => undefined

  /** `unwrap` gives back what was offered of what stands in the log. */
  constructor(unwrap: (line: string) => string) {
    this.#unwrap = unwrap
  }

  readonly intake = {
    append: async (batch: Parameters<typeof this.append>[0]) => this.append(batch),
    hasRoom: () => this.plans[0] !== 'full',
    retryAfterSeconds,
  }

  release(): void {
    this.#release()
  }

  async append(batch: Parameters<ReturnType<typeof createAppend>>[0]) {
    this.tried += 1
    const plan = this.plans.shift()
    if (plan === 'full') throw new AgenttrailError('AGT_LOG_FULL', 'full')
    if (plan === 'fail') throw new AgenttrailError('AGT_LOG_FAILED', 'the disk did not take it')
    if (plan === 'hold') {
      await new Promise<void>((resolve) => {
        this.#release = resolve
      })
    }
    const appended = await this.#append(batch)
    if (plan === 'loseAnswer') throw new AgenttrailError('AGT_LOG_FAILED', 'the answer was lost')
    return appended
  }

  /** The records in the log by their identity, and how many came under one that was there already. */
  stored(): { readonly lines: string[]; readonly duplicates: number } {
    const entries = this.log.read(1, Number.MAX_SAFE_INTEGER).map(({ entry }) => entry as BatchEntry)
    const records = entries.flatMap((entry) => [...decode(entry)])
    const byId = new Map(records.map((record) => [record.recordId, this.#unwrap(record.raw)]))
    return { lines: [...byId.values()], duplicates: records.length - byId.size }
  }
}

/** No format: every record is refused with its text and under its identity. */
const decode = createDecodeBatch({ formats: [], hashKey: Buffer.alloc(32), sealToken: (token) => token })

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, at) => `{"line":${from + at},"text":"täxt"}`)

const until = async (done: () => boolean | Promise<boolean>): Promise<void> => {
  for (let waited = 0; !(await done()) && waited < 8000; waited += 10) await delay(10)
}

/*
 * Goal: whatever brings bytes in keeps the same promises.
 * Method: each transport with a source of its kind in front of it and a log behind it that is held, full, failing, or
 * whose answer is lost; what the log holds in the end is compared with what was offered.
 */
const testable = Object.entries(subjects).filter(([name]) => name !== 'kafka' || !isWithoutKafka)
describe.each(testable)('transport %s', (_name, make) => {
  let dir = ''
  let door = new Door(unwrapSpan)
  let subject: TransportSubject

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'agenttrail-transport-'))
    door = new Door(unwrapSpan)
    subject = make({ intake: door.intake, dir })
    await subject.start()
  })
  afterEach(async () => {
    door.release()
    await subject.stop()
    await rm(dir, { recursive: true })
  })

  const expectAcknowledged = async (count: number): Promise<void> => {
    const { acknowledged } = subject
    if (acknowledged === null) return
    await until(async () => (await acknowledged()) >= count)
    expect(await acknowledged()).toBe(count)
  }
  const expectStored = async (lines: readonly string[]): Promise<void> => {
    await until(() => door.stored().lines.length >= lines.length)
    expect(door.stored().lines).toEqual(lines)
    await expectAcknowledged(lines.length)
  }

  it('acknowledges what the log has, and only then', async () => {
    door.plans.push('hold')
    subject.offer(numbered(0, 20))
    await until(() => door.tried > 0)
    await delay(100)
    if (subject.acknowledged !== null) expect(await subject.acknowledged()).toBe(0)
    door.release()
    await expectStored(numbered(0, 20))
    subject.offer(numbered(20, 30))
    await expectStored(numbered(0, 30))
    expect(door.stored().duplicates).toBe(0)
  })

  it('loses nothing to a full log', async () => {
    door.plans.push('full', 'full', 'full')
    subject.offer(numbered(0, 20))
    await delay(100)
    expect(door.stored().lines).toEqual([])
    await expectAcknowledged(0)
    door.plans.length = 0
    await expectStored(numbered(0, 20))
  })

  it('brings again what an append failed', async () => {
    door.plans.push('fail', 'fail')
    subject.offer(numbered(0, 20))
    await expectStored(numbered(0, 20))
    expect(door.stored().duplicates).toBe(0)
  })

  it('brings what it was not told of again under the same identity', async () => {
    door.plans.push('loseAnswer')
    subject.offer(numbered(0, 20))
    await until(() => door.stored().duplicates > 0)
    expect(door.stored().duplicates).toBe(20)
    await expectStored(numbered(0, 20))
  })

  it('tells equal records apart', async () => {
    subject.offer(['{"same":1}', '{"same":1}'])
    await expectStored(['{"same":1}', '{"same":1}'])
  })

  it('waits for what is under way when it stops', async () => {
    door.plans.push('hold')
    subject.offer(numbered(0, 20))
    await until(() => door.tried > 0)
    let isStopped = false
    const stopping = subject.stop().then(() => {
      isStopped = true
    })
    await delay(100)
    expect(isStopped).toBe(false)
    door.release()
    await stopping
    expect(door.stored().lines).toEqual(numbered(0, 20))
  })

  it('keeps the beginning, the length and the hash of a record that is too large, and all of its neighbours', async () => {
    const large = `{"text":"${'x'.repeat(recordBytesMax)}"}`
    subject.offer(['{"line":0}', large, '{"line":1}'])
    await until(() => door.stored().lines.length >= 3)
    const entries = door.log.read(1, Number.MAX_SAFE_INTEGER).map(({ entry }) => entry as BatchEntry)
    const truncated = entries.filter((entry) => entry.truncated !== undefined)
    expect(truncated).toMatchObject([{ records: 1 }])
    const record = subject.recordOf?.(large) ?? large
    const sha256 = createHash('sha256').update(record).digest('hex')
    expect(truncated[0]?.truncated).toEqual({ bytes: record.length, sha256 })
    expect(truncated[0]?.body.length).toBe(recordKeptBytes)
    expect(door.stored().lines.filter((line) => line.length < 100)).toEqual(['{"line":0}', '{"line":1}'])
    await expectAcknowledged(3)
  })
})
