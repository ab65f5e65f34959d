const unitUs: Readonly<Record<string, number>> = {
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
  d: 86_400_000_000,
}

/** A checked timespan such as `5m` in microseconds. */
export const parseTimespan = (text: string): number => Number(text.slice(0, -1)) * (unitUs[text.slice(-1)] ?? 0)

const names: readonly (readonly [string, number])[] = [
  ['day', 86_400_000_000],
  ['hour', 3_600_000_000],
  ['minute', 60_000_000],
  ['second', 1_000_000],
]

/** A timespan in its largest whole unit: 5 and `minutes`. */
export const timespanParts = (us: number): { readonly count: number; readonly unit: string } => {
  const [name, size] = names.find(([, unit]) => us % unit === 0) ?? (['second', 1_000_000] as const)
  const count = us / size
  return { count, unit: count === 1 ? name : `${name}s` }
}
