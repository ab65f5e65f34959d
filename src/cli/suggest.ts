/** The known name that was most likely meant, or `null` if none is near. */
export const suggest = (wanted: string, known: readonly string[]): string | null => {
  let best: string | null = null
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1
  for (const name of known) {
    const distance = name.startsWith(wanted) && wanted.length >= 3 ? 1 : editDistance(wanted, name)
    if (distance >= bestDistance) continue
    best = name
    bestDistance = distance
  }
  return best
}

/** Optimal string alignment: a swap of two neighbours, the commonest slip, counts once. */
const editDistance = (a: string, b: string): number => {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= b.length; column += 1) {
      const isSame = a[row - 1] === b[column - 1]
      const steps = [at(previous, column) + 1, at(current, column - 1) + 1, at(previous, column - 1) + (isSame ? 0 : 1)]
      if (a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) steps.push(at(beforePrevious, column - 2) + 1)
      current.push(Math.min(...steps))
    }
    beforePrevious = previous
    previous = current
  }
  return at(previous, b.length)
}

const at = (row: readonly number[], column: number): number => row[column] ?? Number.POSITIVE_INFINITY
