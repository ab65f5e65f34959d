import { actions, actionsAfter, actionsOfWord, askedMask, effectMask, objectsOf } from './action-words.ts'
import { type ArgumentWords, readArguments } from './argument-words.ts'
import { decodedTexts } from './decoded-texts.ts'
import { leafTexts } from './leaf-texts.ts'
import { isDestinationShape, PassageReader, type TextSketch } from './passages.ts'
import { hashWord, readWords } from './read-words.ts'
import { readSigns, type Signs } from './signs.ts'
import { mailTopic, topicsOf, topicsOfWord } from './topic-words.ts'

/** Raised when the same content would give other features: rows say by which version they were made. */
export const featuresVersion = 1

/** What is remembered of the contents that one layer saw: features, and hashes of words. Never the contents. */
export interface Content {
  readonly arguments: ArgumentContent | null
  readonly result: ResultContent | null
  readonly user: UserWords | null
}

export interface ArgumentContent extends Signs {
  readonly bytes: number
  /** `email:…`, `host:…`, `account:…`; of an account only how it begins and ends. */
  readonly destinations: readonly string[]
  readonly words: ArgumentWords
}

export interface ResultContent extends Signs {
  readonly bytes: number
  readonly sketch: TextSketch
}

/** What the user said, as hashes of words, and what it asks for. */
export interface UserWords {
  readonly asks: number
  readonly words: Int32Array
  /** What it is about, as bits: what tools work on. */
  readonly topics: number
  /** Whether it names a host, an e-mail address or an account. */
  readonly hasDestination: boolean
}

/** What an event carries of a call's contents: JSON text, and what the user said; `''` for what it does not have. */
interface Carried {
  readonly arguments: string
  readonly result: string
  readonly userText: string
}

/** Of a larger argument or result only the beginning is looked at. */
const charsMax = 65_536
const userWordsMax = 600
const asker: ReadonlySet<number> = new Set(['me', 'us', 'mir', 'uns', 'moi', 'nous', 'mi'].map(hashWord))

/** Reads what an event holds of arguments, result and the user's words; null if it holds none of them. */
export const readContent = (event: Carried): Content | null => {
  if (event.arguments === '' && event.result === '' && event.userText === '') return null
  return {
    arguments: event.arguments === '' ? null : argumentContent(event.arguments),
    result: event.result === '' ? null : resultContent(event.result),
    user: event.userText === '' ? null : userWords(event.userText),
  }
}

const argumentContent = (json: string): ArgumentContent => {
  const leaves = leafTexts(json)
  const { words, destinations } = readArguments(leaves)
  const text = leaves.map((leaf) => leaf.text).join('\n')
  return { bytes: json.length, ...readSigns(text.slice(0, charsMax)), destinations, words }
}

const resultContent = (json: string): ResultContent => {
  const text = leafTexts(json)
    // MCP says of each part whether it is `text` or an `image`.
    .filter((leaf) => leaf.name !== 'type')
    .map((leaf) => leaf.text)
    .join('\n')
    .slice(0, charsMax)
  const signs = readSigns(text)
  const reader = new PassageReader()
  reader.read(text)
  if (signs.encodings.length > 0) for (const decoded of decodedTexts(text)) reader.read(decoded)
  return { bytes: json.length, ...signs, sketch: reader.sketch() }
}

const userWords = (text: string): UserWords => {
  const words = new Set<number>()
  let asks = 0
  let objects = 0
  let topics = 0
  let before = -1
  let pending = 0
  let hasDestination = false
  readWords(text.slice(0, charsMax), {
    onWord: (hash, shape) => {
      if (isDestinationShape(shape)) hasDestination = true
      if (shape === 'email') topics |= mailTopic
      topics |= topicsOfWord(hash)
      const bits = actionsOfWord(hash)
      // "Tell me", "send me", "give us": the answer is all that is asked for.
      asks |= asker.has(hash) ? pending & ~effectMask : pending
      pending = actionsAfter(bits, before) & askedMask
      objects |= objectsOf(bits)
      before = bits
      if (words.size < userWordsMax) words.add(hash)
    },
    onBreak: () => {
      asks |= pending
      pending = 0
      before = -1
    },
  })
  // "Make a payment" asks for what it names.
  if ((asks & actions.any) !== 0) asks |= objects
  return { asks, words: Int32Array.from(words), topics: topicsOf(topics), hasDestination }
}
