import { expect, it } from 'vitest'
import { Analyser } from '../../../src/analyse/analyser.ts'
import type { BatchEntry } from '../../../src/log/entry.ts'
import { MemorySink } from '../../simulation/memory-store.ts'

const part = (at: number, from: string, realm = 'default'): BatchEntry => ({
  kind: 'batch',
  realm,
  source: from,
  format: 'auto',
  transport: 'http',
  identity: 'batch',
  batchId: 'body',
  baseOffset: 0,
  firstOrdinal: at,
  records: 1,
  part: at,
  parts: 3,
  isBackfill: false,
  receivedMs: 1,
  body: Buffer.from('{}'),
})

/** The parts that are taken in, in order. */
const takenIn = (entries: readonly BatchEntry[]): string[] => {
  const taken: string[] = []
  const analyser = new Analyser({
    decode: (batch) => {
      taken.push(`${batch.realm}:${batch.part}`)
      return []
    },
    sink: new MemorySink(),
    onEffect: () => undefined,
  })
  for (const [at, entry] of entries.entries()) analyser.apply(at + 1, entry)
  return taken
}

it('takes a body in once that two send at the same time', () => {
  const twice = [0, 1, 2].flatMap((at) => [part(at, 'a'), part(at, 'b')])
  expect(takenIn(twice)).toEqual(['default:0', 'default:1', 'default:2'])
})

it('takes a body in whole that was broken off and sent again', () => {
  const broken = [part(0, 'a'), part(1, 'a'), part(0, 'b'), part(1, 'b'), part(2, 'b')]
  expect(takenIn(broken)).toEqual(['default:0', 'default:1', 'default:2'])
})

it('keeps bodies of two realms apart', () => {
  const both = [0, 1, 2].flatMap((at) => [part(at, 'a', 'x'), part(at, 'b', 'y')])
  expect(takenIn(both)).toEqual(['x:0', 'x:1', 'x:2', 'y:0', 'y:1', 'y:2'])
})
