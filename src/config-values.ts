import { z } from 'zod'

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const unitBytes = {
  B: 1,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  TB: 1000 ** 4,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
} as const

/** `120s`, `1.5h` → milliseconds; null if it is no duration. */
export const parseDurationMs = (text: string): number | null => parseWithUnit(text, unitMs)

/** `2GiB`, `500MB` → bytes; null if it is no size. */
export const parseSizeBytes = (text: string): number | null => parseWithUnit(text, unitBytes)

const parseWithUnit = (text: string, units: Readonly<Record<string, number>>): number | null => {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$/.exec(text.trim())
  const factor = units[match?.[2] ?? '']
  if (match === null || factor === undefined) return null
  const value = Number(match[1]) * factor
  return Number.isSafeInteger(Math.round(value)) ? Math.round(value) : null
}

export interface Address {
  readonly host: string
  readonly port: number
}

/** `127.0.0.1:9470`, `[::1]:9470`, `localhost:0`; null if it is no address with a port. */
export const parseAddress = (text: string): Address | null => {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s/]+)):(\d{1,5})$/.exec(text.trim())
  const port = Number(match?.[3])
  if (match === null || port > 65_535) return null
  return { host: match[1] ?? match[2] ?? '', port }
}

/** Whether only this machine can reach the address. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)

/** A schema over text as people write it; `advice` says what to write instead and becomes the problem's text. */
export const written = <T>(parse: (text: string) => T | null, advice: string) =>
  z.union([z.string(), z.number()], { error: advice }).transform((value, context): T => {
    const parsed = parse(String(value).trim())
    if (parsed !== null) return parsed
    context.addIssue({ code: 'custom', message: advice })
    return z.NEVER
  })

const between = (parse: (text: string) => number | null, min: number, max: number) => (text: string) => {
  const value = parse(text)
  return value !== null && value >= min && value <= max ? value : null
}

/** `min` and `max` as a person would write them, checked and named in the advice. */
export const durationMs = (min: string, max: string) =>
  written(
    between(parseDurationMs, parseDurationMs(min) ?? 0, parseDurationMs(max) ?? 0),
    `use a duration between ${min} and ${max}, such as 90s, 30m or 2h`,
  )

export const sizeBytes = (min: string, max: string) =>
  written(
    between(parseSizeBytes, parseSizeBytes(min) ?? 0, parseSizeBytes(max) ?? 0),
    `use a size between ${min} and ${max}, such as 512MiB or 2GiB`,
  )

/** `80%`, or a size as in `500GB`. */
export const diskBudget = written((text): { readonly share: number } | { readonly bytes: number } | null => {
  const percent = /^(\d{1,3}(?:\.\d+)?)\s*%$/.exec(text)?.[1]
  if (percent !== undefined) return inShare(Number(percent) / 100)
  const bytes = parseSizeBytes(text)
  return bytes !== null && bytes > 0 ? { bytes } : null
}, 'use a part of the disk such as 80%, or a size such as 500GB')

const inShare = (share: number): { readonly share: number } | null => (share > 0 && share <= 1 ? { share } : null)

export const count = (min: number, max: number) =>
  written(
    between((text) => (/^\d+$/.test(text) ? Number(text) : null), min, max),
    `use a whole number between ${min} and ${max}`,
  )

export const oneOf = <const T extends readonly string[]>(values: T) =>
  z.enum(values, { error: `use ${listed(values)}` })

const listed = (values: readonly string[]): string =>
  values.length === 1 ? `${values[0]}` : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`

export const nonEmptyText = (advice: string) => written((text) => (text === '' ? null : text), advice)

/** A list, or text with commas between. */
export const textList = (what: string) =>
  z
    .union([z.string(), z.array(z.string())], { error: `use a list of ${what}` })
    .transform((value) =>
      (typeof value === 'string' ? value.split(',') : value).map((each) => each.trim()).filter((each) => each !== ''),
    )

export const httpUrl = (advice: string) =>
  written((text) => {
    const protocol = URL.parse(text)?.protocol
    return protocol === 'http:' || protocol === 'https:' ? text : null
  }, advice)

/** An address to listen on. `example` is one for the advice. */
export const address = (example: string) => written((text) => parseAddress(text), `use host:port, such as ${example}`)

/** The same, or `off`. */
export const addressOrOff = (example: string) =>
  written((text) => (text === 'off' ? text : parseAddress(text)), `use host:port, such as ${example}, or off`)
