import type { NumberOperator, TimePart, ValueTest } from './ast.ts'

type NumberTest = Extract<ValueTest, { readonly kind: 'number' }>

/** A number against a bound; with a part, that part of a time in UTC. Text that is no number passes nothing. */
export const compileNumber = ({
  operator,
  value: bound,
  part,
}: NumberTest): ((value: string | number | boolean) => boolean) => {
  const compare = operators[operator]
  if (part === null) return (value) => compare(numberOf(value), bound)
  const partOf = timeParts[part]
  return (value) => {
    const time = new Date(typeof value === 'number' ? value : Date.parse(String(value)))
    return !Number.isNaN(time.getTime()) && compare(partOf(time), bound)
  }
}

const numberOf = (value: string | number | boolean): number => {
  if (typeof value === 'number') return value
  const text = String(value).trim()
  return text === '' ? Number.NaN : Number(text)
}

const operators: Readonly<Record<NumberOperator, (value: number, bound: number) => boolean>> = {
  eq: (value, bound) => value === bound,
  gt: (value, bound) => value > bound,
  gte: (value, bound) => value >= bound,
  lt: (value, bound) => value < bound,
  lte: (value, bound) => value <= bound,
}

const dayMs = 86_400_000

const timeParts: Readonly<Record<TimePart, (time: Date) => number>> = {
  minute: (time) => time.getUTCMinutes(),
  hour: (time) => time.getUTCHours(),
  day: (time) => time.getUTCDate(),
  week: (time) => isoWeek(time),
  month: (time) => time.getUTCMonth() + 1,
  year: (time) => time.getUTCFullYear(),
}

/** ISO 8601: the week that holds the year's first Thursday is its first. */
const isoWeek = (time: Date): number => {
  const midnight = Date.UTC(time.getUTCFullYear(), time.getUTCMonth(), time.getUTCDate())
  const thursday = new Date(midnight + (3 - ((time.getUTCDay() + 6) % 7)) * dayMs)
  const yearStart = Date.UTC(thursday.getUTCFullYear(), 0, 1)
  return Math.floor((thursday.getTime() - yearStart) / dayMs / 7) + 1
}
