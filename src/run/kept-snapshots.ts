/** Two at stored marks to start from, and one whose mark is not stored yet. */
const storedMax = 2
const unstoredMax = 1

/** Which snapshots recovery may need, and the position from which it then needs the log. */
export interface KeptSnapshots {
  readonly positions: readonly number[]
  readonly logFrom: number
}

/**
 * Recovery starts at the newest snapshot whose mark is stored, or at the one before if that is torn. `positions` are of
 * complete snapshots, newest first.
 */
export const keptSnapshots = (positions: readonly number[], storedThrough: number): KeptSnapshots => {
  const stored = positions.filter((position) => position <= storedThrough).slice(0, storedMax)
  const unstored = positions.filter((position) => position > storedThrough).slice(0, unstoredMax)
  return { positions: [...unstored, ...stored], logFrom: stored.length < storedMax ? 1 : (stored.at(-1) ?? 0) + 1 }
}
