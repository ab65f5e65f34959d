import { type Option, type OptionValues, textOf, UsageError } from './command.ts'

/** What every command that prints a list takes. */
export const listOptions = {
  from: { type: 'string', value: 'TIME', summary: 'from then on: RFC 3339, or an age such as 30m, 6h, 2d' },
  to: { type: 'string', value: 'TIME', summary: 'up to then' },
  limit: { type: 'string', value: 'N', summary: 'at most N of them (default 50)' },
  realm: { type: 'string', value: 'NAME', summary: 'the realm to look in (default "default")' },
  json: { type: 'boolean', summary: "print the API's JSON" },
} as const satisfies Readonly<Record<string, Option>>

const limitDefault = 50
const limitMax = 100_000
const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

export interface ListQuery {
  readonly from: string
  readonly to: string
  readonly realm: string
  readonly limit: number
}

/** The common options of a list, checked. Ages are counted back from `now`. */
export const listQuery = (options: OptionValues, now: Date): ListQuery => ({
  from: timeOf(options, 'from', now),
  to: timeOf(options, 'to', now),
  realm: textOf(options, 'realm'),
  limit: limitOf(textOf(options, 'limit')),
})

const limitOf = (text: string): number => {
  if (text === '') return limitDefault
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > limitMax)
    throw new UsageError(`--limit is "${text}"; it must be a number from 1 to ${limitMax}`)
  return limit
}

const timeOf = (options: OptionValues, name: string, now: Date): string => {
  const text = textOf(options, name)
  if (text === '') return ''
  const age = /^(\d{1,6})([smhd])$/.exec(text)
  if (age !== null) return new Date(now.getTime() - Number(age[1]) * (unitMs[age[2] ?? ''] ?? 0)).toISOString()
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text))) return new Date(text).toISOString()
  throw new UsageError(
    `--${name} is "${text}"; it must be a time such as 2026-11-24T07:00:00Z or an age such as 30m, 6h, 2d`,
  )
}
