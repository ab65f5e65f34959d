import { decodedTexts } from './decoded-texts.ts'
import type { LeafText } from './leaf-texts.ts'
import { isDestinationShape } from './passages.ts'
import { hashWord, readWords, type WordShape } from './read-words.ts'

/** What a word of an argument is, as bits. */
export const wordFlags = {
  /** Under a name that says where something goes: `to`, `recipient`, `url`. */
  target: 1,
  /** A host, e-mail address or account by its shape. */
  destination: 2,
  /** It stood there encoded. */
  decoded: 4,
} as const

/** The distinct words of arguments; those that say nothing by themselves are left out. */
export interface ArgumentWords {
  readonly hashes: Int32Array
  /** Bits of `wordFlags`, for each hash. */
  readonly flags: Uint8Array
}

const wordsMax = 256
const destinationsMax = 16
const destinationCharsMax = 120

const targetName =
  /^(?:.*[_.-])?(?:to|recipients?|receiver|cc|bcc|participants?|attendees?|invitees?|emails?|e_?mail_?address|address(?:es)?|user(?:s|_?(?:name|email|id))?|members?|channels?|urls?|uri|link|href|endpoint|host(?:name)?|domain|webhook(?:_url)?|iban|account(?:_?(?:number|id))?|beneficiary|payee|repo(?:sitory)?|owner|destination|target|hotel|restaurant|company|phone(?:_?number)?)$/i

/** Words of no weight: they are everywhere. */
const light: ReadonlySet<number> = new Set(
  'the and for you your with from this that are was were will have has had not but all any can our out his her its they them their there here who what when where which would could should into about over then than also just only been being more most some such other very true false null none yes utf json http https www com hello dear regards best thanks thank please der die das und mit für ist ein eine nicht von den dem que los las una por para con del les des une pour dans est qui pas sur'
    .split(' ')
    .map(hashWord),
)

/** Reads the words of arguments and the destinations that they name. */
export const readArguments = (
  leaves: readonly LeafText[],
): { readonly words: ArgumentWords; readonly destinations: readonly string[] } => {
  const words = new Map<number, number>()
  const destinations = new Set<string>()
  const read = (text: string, flags: number): void =>
    readWords(text, {
      onBreak: () => undefined,
      onWord: (hash, shape, start, end) => {
        const isDestination = isDestinationShape(shape)
        if (isDestination && destinations.size < destinationsMax) {
          destinations.add(destinationText(shape, text.slice(start, end)))
        }
        if (isLight(text, hash, start, end)) return
        add(words, hash, isDestination ? flags | wordFlags.destination : flags)
      },
    })
  for (const { name, text } of leaves) {
    // A whole sentence is no address, whatever its name.
    const isTarget = text.length <= 120 && targetName.test(name)
    read(text, isTarget ? wordFlags.target : 0)
    for (const decoded of decodedTexts(text)) read(decoded, wordFlags.decoded)
  }
  return {
    words: { hashes: Int32Array.from(words.keys()), flags: Uint8Array.from(words.values()) },
    destinations: [...destinations].sort(),
  }
}

const add = (words: Map<number, number>, hash: number, flags: number): void => {
  const known = words.get(hash)
  if (known !== undefined || words.size < wordsMax) words.set(hash, (known ?? 0) | flags)
}

/** Short words without a digit and words of no weight match by chance. */
const isLight = (text: string, hash: number, start: number, end: number): boolean => {
  if (light.has(hash)) return true
  if (end - start >= 3) return false
  const code = text.charCodeAt(start)
  return code < 128 && !(code >= 0x30 && code <= 0x39)
}

const destinationText = (shape: WordShape, word: string): string => {
  const text = word.toLowerCase().replace(/^[a-z]+:\/\//, '')
  if (shape === 'account') return `account:${text.slice(0, 4)}…${text.slice(-4)}`
  if (shape === 'email') return `email:${text.slice(0, destinationCharsMax)}`
  const host = text.replace(/^www\./, '').split('/')[0] ?? ''
  return `host:${host.slice(0, destinationCharsMax)}`
}
