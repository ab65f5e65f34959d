/** Ids that look like the real ones and are the same for the same seed. */
export interface RandomIds {
  readonly uuid: () => string
  readonly hex: (digits: number) => string
  /** An integer from `min` to `max`. */
  readonly between: (min: number, max: number) => number
}

/** mulberry32: small, and good enough for ids in a story. */
export const createRandomIds = (seed: number): RandomIds => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const hex = (digits: number): string => {
    let text = ''
    while (text.length < digits) text += next().toString(16).padStart(8, '0')
    return text.slice(0, digits)
  }
  return {
    hex,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${'89ab'[next() % 4]}${hex(3)}-${hex(12)}`,
    between: (min, max) => min + (next() % (max - min + 1)),
  }
}
