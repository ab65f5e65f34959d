import type { Output } from './command.ts'
import { fitWidth } from './display-width.ts'

const drawEveryMs = 100
const barColumns = 24
const widthWithoutTerminal = 80

/** A line that is drawn over and over on a terminal; into a pipe it writes nothing. */
export class Progress {
  readonly #output: Output
  #drawnMs = 0
  #isDrawn = false

  constructor(output: Output) {
    this.#output = output
  }

  /** `total` null means that the end is not known. */
  show(options: { readonly done: number; readonly total: number | null; readonly text: string }): void {
    const nowMs = performance.now()
    if (this.#output.isTTY !== true || nowMs - this.#drawnMs < drawEveryMs) return
    this.#drawnMs = nowMs
    this.#isDrawn = true
    const line = `${barOf(options.done, options.total)}${options.text}`
    this.#output.write(`\r\u001b[2K${fitWidth(line, (this.#output.columns ?? widthWithoutTerminal) - 1)}`)
  }

  /** Takes the line away, so that what follows starts on a clean one. */
  clear(): void {
    if (this.#isDrawn) this.#output.write('\r\u001b[2K')
    this.#isDrawn = false
  }
}

const barOf = (done: number, total: number | null): string => {
  if (total === null || total === 0) return ''
  const share = Math.min(1, done / total)
  const filled = Math.round(share * barColumns)
  return `${'█'.repeat(filled)}${'░'.repeat(barColumns - filled)} ${String(Math.floor(share * 100)).padStart(3)} %  `
}
