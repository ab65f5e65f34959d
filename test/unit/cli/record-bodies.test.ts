import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { type RecordBody, recordBodies } from '../../../src/cli/record-bodies.ts'

const collect = async (stream: Readable, options: Parameters<typeof recordBodies>[1]): Promise<RecordBody[]> => {
  const bodies: RecordBody[] = []
  for await (const body of recordBodies(stream, options)) bodies.push(body)
  return bodies
}
const textsOf = (bodies: readonly RecordBody[]): string[] => bodies.map((body) => body.bytes.toString())

test('cuts at line ends, at the same places whatever the chunks', async () => {
  const text = Array.from({ length: 50 }, (_, index) => `line ${index}\n`).join('')
  const whole = await collect(Readable.from([Buffer.from(text)]), { bytesWanted: 40 })
  const bytewise = await collect(Readable.from([...text].map((character) => Buffer.from(character))), {
    bytesWanted: 40,
  })
  expect(textsOf(bytewise)).toEqual(textsOf(whole))
  expect(textsOf(whole).join('')).toBe(text)
  for (const body of whole) {
    expect(body.bytes.length).toBeLessThanOrEqual(40)
    expect(body.bytes.at(-1)).toBe(0x0a)
    expect(text.slice(body.offset)).toMatch(body.bytes.toString())
  }
})

test('a line above the limit is a body of its own, and the last line needs no end', async () => {
  const bodies = await collect(Readable.from([Buffer.from(`${'x'.repeat(30)}\na\nb\nlast`)]), { bytesWanted: 10 })
  expect(textsOf(bodies)).toEqual([`${'x'.repeat(30)}\n`, 'a\nb\nlast'])
})

test('gives what is complete when a stream pauses, and keeps the half line', async () => {
  const stream = new Readable({ read: () => undefined })
  const bodies = recordBodies(stream, { idleMs: 10 })
  stream.push('one\ntw')
  const first = await bodies.next()
  stream.push('o\n')
  stream.push(null)
  const second = await bodies.next()
  expect([first.value, second.value].map((body) => body?.bytes.toString())).toEqual(['one\n', 'two\n'])
  expect((await bodies.next()).done).toBe(true)
})

test('told to stop, it reads no further and leaves out the half line', async () => {
  const stop = new AbortController()
  const stream = new Readable({ read: () => undefined })
  const bodies = recordBodies(stream, { signal: stop.signal })
  stream.push('one\ntw')
  const first = bodies.next()
  setTimeout(() => stop.abort(), 20)
  expect((await first).value?.bytes.toString()).toBe('one\n')
  expect((await bodies.next()).done).toBe(true)
  expect(stream.destroyed).toBe(true)
})
