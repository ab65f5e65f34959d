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
const mayHide = /[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\udb40-\udb43]/
const longRun = /[A-Za-z0-9+/_=-]{24,}/g
const percentRun = /(?:%[0-9A-Fa-f]{2}){4,}/
const digitRun = /(?<![\w.])\d(?:[ -]?\d){8,18}(?![\w.])/g

/** Looks for secrets, personal data, hidden characters and encodings in a text. */
export const readSigns = (text: string): Signs => {
  const runs = text.length < 24 ? null : text.match(longRun)
  return {
    secrets: text.includes('[redacted:') ? secretsIn(text) : none,
    pii: piiIn(text),
    hiddenCharacters: mayHide.test(text) ? (text.match(hidden)?.length ?? 0) : 0,
    encodings: encodingsIn(text, runs),
    entropyMilli: runs === null ? 0 : Math.max(...runs.slice(0, 8).map(entropyOf)),
  }
}

const secretsIn = (text: string): readonly string[] =>
  [...new Set(Array.from(text.matchAll(redacted), (match) => match[1] ?? ''))].sort()

const piiIn = (text: string): readonly string[] => {
  const found: string[] = []
  const numbers = text.match(digitRun)
  if (numbers?.some(isCard)) found.push('card')
  if (/(?<!\w)[A-Z]{2}\d{2} ?(?:[A-Z0-9]{4} ?){2,7}[A-Z0-9]{1,4}(?!\w)/.test(text)) found.push('iban')
  if (/(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)/.test(text)) found.push('ssn')
  if (text.includes('@') && /[\w.+-]{1,64}@[\w-]{1,64}\.\w/.test(text)) found.push('email')
  if (/(?<![\w+])\+\d{1,3}[ -]?(?:\(\d+\)[ -]?)?\d{2,4}(?:[ -]?\d{2,4}){2,4}(?!\w)/.test(text)) found.push('phone')
  return found.length === 0 ? none : found
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
    else if (/[a-z]/.test(run) && /[A-Z]/.test(run) && /[0-9+/=]/.test(run)) found.add('base64')
  }
  if (percentRun.test(text)) found.add('percent')
  return found.size === 0 ? none : [...found].sort()
}

/** Shannon's entropy, counted in whole thousandths so that every machine computes the same. */
const entropyOf = (run: string): number => {
  const counts = new Map<string, number>()
  for (const character of run) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / run.length) * Math.log2(count / run.length)
  return Math.round(bits * 1000)
}
