import type { Readable } from 'node:stream'

/** Reads a stream of text and keeps its end. */
export class Tail {
  readonly #charsMax: number
  #text = ''

  constructor(stream: Readable, charsMax: number) {
    this.#charsMax = charsMax
    stream.setEncoding('utf8')
    stream.on('data', (chunk: string) => {
      this.#text = (this.#text + chunk).slice(-this.#charsMax)
    })
    // The process that writes may die in the middle.
    stream.on('error', () => undefined)
  }

  get text(): string {
    return this.#text.trim()
  }

  clear(): void {
    this.#text = ''
  }
}
