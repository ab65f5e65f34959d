import { actions, actionsAfter, actionsOfWord, askedMask, effectMask, objectsOf } from './action-words.ts'
import { readWords, type WordShape } from './read-words.ts'

/** A sentence or line of a text that may give an order, as hashes of its words. */
export interface Passage {
  /** Bits of `actions` that its words ask for. */
  readonly asks: number
  readonly words: Int32Array
  /** Whether the passage before it in this list is the one before it in the text. */
  readonly follows: boolean
}

/** What is kept of a text: the passages that may give orders, and what in it has the shape of a destination. */
export interface TextSketch {
  readonly passages: readonly Passage[]
  readonly destinations: Int32Array
  /** Whether it speaks to whoever works for the user: with two different words of that kind at least. */
  readonly isAddressed: boolean
}

/** Words of one passage; a longer sentence is cut into several. */
const passageWordsMax = 64
/** Passages of one text: an order stands in one or two of them. */
const passagesMax = 64
const destinationsMax = 256
const colon = 0x3a

export const isDestinationShape = (shape: WordShape): boolean =>
  shape === 'email' || shape === 'host' || shape === 'account'

/** Collects the passages of several texts, one after the other. */
export class PassageReader {
  readonly #passages: { asks: number; words: number[]; follows: boolean; weight: number }[] = []
  readonly #destinations = new Set<number>()
  #words: number[] = []
  #asks = 0
  #objects = 0
  readonly #addressing = new Set<number>()
  #before = -1
  #hasDestination = false
  #isKept = false

  read(text: string): void {
    this.#isKept = false
    readWords(text, {
      onWord: (hash, shape, _start, end) => {
        // `order: 17` names a value and asks for nothing.
        this.#ask(hash, text.charCodeAt(end) === colon)
        this.#words.push(hash)
        if (shape !== 'plain' && isDestinationShape(shape)) this.#notePlace(hash)
        if (this.#words.length >= passageWordsMax) this.#end()
      },
      onBreak: () => this.#end(),
    })
  }

  #ask(hash: number, isName: boolean): void {
    const bits = actionsOfWord(hash)
    if (!isName) this.#asks |= actionsAfter(bits, this.#before) & askedMask
    this.#objects |= objectsOf(bits)
    if ((bits & actions.address) !== 0) this.#addressing.add(hash)
    this.#before = isName ? -1 : bits
  }

  #notePlace(hash: number): void {
    this.#hasDestination = true
    if (this.#destinations.size < destinationsMax) this.#destinations.add(hash)
  }

  sketch(): TextSketch {
    return {
      passages: this.#strongest().map(({ asks, words, follows }) => ({
        asks,
        words: Int32Array.from(words),
        follows,
      })),
      destinations: Int32Array.from(this.#destinations),
      isAddressed: this.#addressing.size >= 2,
    }
  }

  #end(): void {
    if (this.#words.length === 0) return
    // "Make a payment" asks for what it names.
    const asks = (this.#asks & (actions.any | actions.write)) === 0 ? this.#asks : this.#asks | this.#objects
    const weight = (asks & effectMask ? 2 : 0) + (this.#hasDestination ? 2 : 0) + (asks & actions.address ? 2 : 0)
    // What follows an order may say more of it: the text of a mail, an address on a line of its own.
    const isKept = weight >= 2
    if ((isKept || this.#isKept) && this.#passages.length < passagesMax * 4) {
      this.#passages.push({ asks, words: this.#words, follows: this.#isKept, weight })
    }
    this.#isKept = isKept
    this.#words = []
    this.#asks = 0
    this.#objects = 0
    this.#before = -1
    this.#hasDestination = false
  }

  #strongest() {
    if (this.#passages.length <= passagesMax) return this.#passages
    const weights = this.#passages.map(({ weight }) => weight).sort((a, b) => b - a)
    const least = weights[passagesMax - 1] ?? 0
    return this.#passages.filter(({ weight }) => weight >= least).slice(0, passagesMax)
  }
}
