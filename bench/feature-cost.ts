import { readContent } from '../src/event/features/content.ts'

const rounds = 2_000

const empty = { arguments: '', result: '', userText: '' }
const sentence =
  'The build of billing failed on the release branch because a dependency could not be resolved; see the log of run 4711. '
const samples = {
  'short arguments': {
    ...empty,
    arguments: JSON.stringify({ owner: 'acme', repo: 'billing', state: 'open', perPage: 30, sort: 'updated' }),
  },
  'long arguments': {
    ...empty,
    arguments: JSON.stringify({ to: 'team@acme.test', subject: 'Build', body: sentence.repeat(20) }),
  },
  'a list as result': {
    ...empty,
    result: JSON.stringify(
      Array.from({ length: 30 }, (_, number) => ({
        number,
        title: sentence,
        url: `https://acme.test/issues/${number}`,
      })),
    ),
  },
  'a page as result': { ...empty, result: JSON.stringify({ content: [{ type: 'text', text: sentence.repeat(60) }] }) },
  'what a user said': { ...empty, userText: sentence.repeat(4) },
} as const

/** CPU microseconds of the features of arguments and results, per kilobyte of each sample and of all together. */
export const measureFeatures = () => {
  const table: Record<string, { readonly bytes: number; readonly 'µs/KB': string }> = {}
  let micros = 0
  let kilobytes = 0
  for (const [name, sample] of Object.entries(samples)) {
    const bytes = Buffer.byteLength(sample.arguments + sample.result + sample.userText)
    const each = microsPerRound(sample)
    table[name] = { bytes, 'µs/KB': (each / (bytes / 1_024)).toFixed(1) }
    micros += each
    kilobytes += bytes / 1_024
  }
  return { table, microsPerKilobyte: micros / kilobytes, microsPerCallWithoutContent: microsPerRound(empty) }
}

const microsPerRound = (sample: Parameters<typeof readContent>[0]): number => {
  for (let round = 0; round < rounds / 10; round += 1) readContent(sample)
  const before = process.cpuUsage()
  for (let round = 0; round < rounds; round += 1) readContent(sample)
  const used = process.cpuUsage(before)
  return (used.user + used.system) / rounds
}
