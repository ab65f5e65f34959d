import { beforeEach, expect, test } from 'vitest'
import type { DeadLetterShape } from '../../../src/api/read-model.ts'
import type { RecordBatch } from '../../../src/ingest/transport.ts'
import { createReplay } from '../../../src/run/replay-dead-letters.ts'
import { createFakeReadModel, emptyData } from '../../fakes/read-model.ts'

const letter = (recordId: string, part: Partial<DeadLetterShape> = {}): DeadLetterShape => ({
  recordId,
  time: '2026-05-04T10:00:00.000000Z',
  source: 'proxy',
  format: 'auto',
  sourcePosition: 0,
  reason: 'not JSON',
  raw: '{"a":1}',
  rawBytes: 7,
  ...part,
})

let appended: RecordBatch[]
const replay = (letters: DeadLetterShape[], part: { ids?: string[]; format?: string; realm?: string } = {}) =>
  createReplay({
    readModel: createFakeReadModel({ ...emptyData(), deadLetters: letters }),
    append: async (batch) => {
      appended.push(batch)
      return { partition: 0, offset: 1 }
    },
    formatNames: ['auto', 'pomerium'],
  })({ realm: 'default', from: '', to: '', ids: null, format: null, ...part })

beforeEach(() => {
  appended = []
})

test('each is a batch named after it, of its source, and does not look new', async () => {
  expect(await replay([letter('r.1'), letter('r.2')], { format: 'pomerium' })).toMatchObject({ replayed: 2 })
  expect(appended).toMatchObject([
    { batchId: 'replay:pomerium:r.1', source: 'proxy', format: 'pomerium', records: 1, isBackfill: true },
    { batchId: 'replay:pomerium:r.2' },
  ])
  expect(Buffer.from(appended[0]?.body ?? '').toString()).toBe('{"a":1}')
})

test('what was not kept whole is skipped, with the reason', async () => {
  const letters = [letter('r.1', { rawBytes: 900_000 }), letter('r.2', { raw: '' }), letter('r.3')]
  expect(await replay(letters)).toEqual({
    replayed: 1,
    skipped: [
      { recordId: 'r.1', reason: 'only its first 65536 bytes were kept' },
      { recordId: 'r.2', reason: 'nothing of it was kept' },
    ],
    moreBefore: null,
  })
})

test('only those that are named, of the realm that is asked', async () => {
  expect(await replay([letter('r.1'), letter('r.2')], { ids: ['r.2'] })).toMatchObject({ replayed: 1 })
  expect(appended.map(({ batchId }) => batchId)).toEqual(['replay:auto:r.2'])
  expect(await replay([letter('r.1')], { realm: 'other' })).toMatchObject({ replayed: 0 })
})

test('says where to go on, and refuses a format that is none', async () => {
  const many = Array.from({ length: 1001 }, (_, at) => letter(`r.${at}`))
  expect((await replay(many)).moreBefore).toBe('2026-05-04T10:00:00.000000Z')
  await expect(replay([letter('r.1')], { format: 'pomerum' })).rejects.toMatchObject({ code: 'AGT_FORMAT_UNKNOWN' })
})
