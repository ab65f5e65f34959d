/** How well one grouping agrees with the true one, counted over pairs of items. */
export interface Score {
  /** Of the pairs put together, how many belong together. */
  readonly precision: number
  /** Of the pairs that belong together, how many were put together. */
  readonly recall: number
}

/** Compares two groupings of the same items, each given as the label of every item. */
export const scorePartition = (truth: readonly number[], labels: readonly (string | number)[]): Score => {
  const both = new Map<string, number>()
  const inTruth = new Map<number, number>()
  const inLabels = new Map<string | number, number>()
  for (const [at, label] of labels.entries()) {
    const group = truth[at] ?? -1
    count(both, `${group}\u0000${label}`)
    count(inTruth, group)
    count(inLabels, label)
  }
  const together = pairs(both)
  return { precision: ratio(together, pairs(inLabels)), recall: ratio(together, pairs(inTruth)) }
}

/** The harmonic mean of both. */
export const f1 = ({ precision, recall }: Score): number =>
  precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall)

const count = <K>(counts: Map<K, number>, key: K): void => void counts.set(key, (counts.get(key) ?? 0) + 1)

const pairs = (counts: ReadonlyMap<unknown, number>): number =>
  [...counts.values()].reduce((sum, items) => sum + (items * (items - 1)) / 2, 0)

/** Where there is nothing to find, all of it was found. */
const ratio = (part: number, whole: number): number => (whole === 0 ? 1 : part / whole)
