import { longRuns } from './long-runs.ts'

/** What a text shows beside its words. */
export interface Signs {
  /** Kinds of credentials that were redacted. */
  readonly secrets: readonly string[]
  readonly pii: readonly string[]
  /** Characters that show nothing: zero width, tags, direction marks. */
  readonly hiddenCharacters: number
  readonly encodings: readonly string[]
  /** Of the most random long word, in thousandths of a bit per character; 0 if no word is long. */
  readonly entropyMilli: number
}

const none: readonly string[] = []
const redacted = /\[redacted:(\w{1,40})\]/g
// Zero width, direction marks, invisible operators, variation selectors beyond emoji, tags (as surrogates).
const hidden = /[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\u{e0000}-\u{e0fff}]/gu
const percentRun = /(?:%[0-9A-Fa-f]{2}){4,}/
const digitRun = /(?<![\w.])\d(?:[ -]?\d){8,18}(?![\w.])/g

/** Looks for secrets, personal data, hidden characters and encodings in a text. */
export const readSigns = (text: string): Signs => {
  const hints = hintsOf(text)
  const runs = (hints & hint.run) === 0 ? null : longRuns(text, runCharsMin)
  return {
    secrets: (hints & hint.mark) !== 0 && text.includes('[redacted:') ? secretsIn(text) : none,
    pii: (hints & (hint.digits | hint.at)) === 0 ? none : piiIn(text, hints),
    hiddenCharacters: (hints & hint.wide) === 0 ? 0 : (text.match(hidden)?.length ?? 0),
    encodings: runs === null && (hints & hint.percent) === 0 ? none : encodingsIn(text, runs),
    entropyMilli: runs === null ? 0 : Math.max(...runs.slice(0, 8).map(entropyOf)),
  }
}

/** What a text has of which the patterns below look for more: one walk instead of many. */
const hint = { run: 1, mark: 2, digits: 4, at: 8, wide: 16, percent: 32 } as const
const runCharsMin = 24
const digitsMin = 9
const inRun = 64
const isDigit = 128
const hintOf = new Uint8Array(128)
for (let code = 0; code < 128; code += 1) if (/[A-Za-z0-9+/_-]/.test(String.fromCharCode(code))) hintOf[code] = inRun
for (let code = 0x30; code <= 0x39; code += 1) hintOf[code] = inRun | isDigit
hintOf[0x5b] = hint.mark
hintOf[0x40] = hint.at
hintOf[0x25] = hint.percent

const hintsOf = (text: string): number => {
  let seen = 0
  let run = 0
  let digits = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code >= 128) {
      run = 0
      if (code >= 0x200b) seen |= hint.wide
      continue
    }
    const bits = hintOf[code] ?? 0
    run = (bits & inRun) === 0 ? 0 : run + 1
    if (run >= runCharsMin) seen |= hint.run
    digits += bits >>> 7
    seen |= bits
  }
  return (seen & 63) | (digits >= digitsMin ? hint.digits : 0)
}

const secretsIn = (text: string): readonly string[] =>
  [...new Set(Array.from(text.matchAll(redacted), (match) => match[1] ?? ''))].sort()

const piiIn = (text: string, hints: number): readonly string[] => {
  const found: string[] = (hints & hint.digits) === 0 ? [] : numbersIn(text)
  if ((hints & hint.at) !== 0 && /[\w.+-]{1,64}@[\w-]{1,64}\.\w/.test(text)) found.push('email')
  return found.length === 0 ? none : found
}

const numbersIn = (text: string): string[] => {
  const found: string[] = []
  const numbers = text.match(digitRun)
  if (numbers?.some(isCard)) found.push('card')
  if (/(?<!\w)[A-Z]{2}\d{2} ?(?:[A-Z0-9]{4} ?){2,7}[A-Z0-9]{1,4}(?!\w)/.test(text)) found.push('iban')
  if (/(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)/.test(text)) found.push('ssn')
  if (/(?<![\w+])\+\d{1,3}[ -]?(?:\(\d+\)[ -]?)?\d{2,4}(?:[ -]?\d{2,4}){2,4}(?!\w)/.test(text)) found.push('phone')
  return found
}

/** 13 to 19 digits with the check digit that payment cards have. */
const isCard = (text: string): boolean => {
  const digits = text.replace(/\D/g, '')
  if (digits.length < 13) return false
  let sum = 0
  for (let at = 0; at < digits.length; at += 1) {
    const digit = Number(digits[digits.length - 1 - at])
    const doubled = at % 2 === 0 ? digit : digit * 2
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

const encodingsIn = (text: string, runs: readonly string[] | null): readonly string[] => {
  const found = new Set<string>()
  for (const run of runs?.slice(0, 16) ?? []) {
    if (/^[0-9a-fA-F]+$/.test(run)) found.add('hex')
    else if (/[a-z]/.test(run) && /[A-Z]/.test(run) && /[0-9+/]/.test(run)) found.add('base64')
  }
  if (percentRun.test(text)) found.add('percent')
  return found.size === 0 ? none : [...found].sort()
}

const counts = new Uint32Array(128)

/** Shannon's entropy of a run's first characters, in whole thousandths. */
const entropyOf = (run: string): number => {
  const length = Math.min(run.length, 512)
  counts.fill(0)
  for (let at = 0; at < length; at += 1) {
    const code = run.charCodeAt(at)
    counts[code] = (counts[code] ?? 0) + 1
  }
  let bits = 0
  for (const count of counts) if (count > 0) bits -= (count / length) * Math.log2(count / length)
  return Math.round(bits * 1000)
}
