import type { Output } from './command.ts'

type Paint = (text: string) => string

export interface Style {
  readonly bold: Paint
  readonly dim: Paint
  readonly red: Paint
  readonly yellow: Paint
  readonly green: Paint
}

/** Colours for a terminal; for a pipe, `TERM=dumb` or `NO_COLOR` (no-color.org) the text as it is. */
export const styleFor = (output: Output, env: Readonly<Record<string, string | undefined>>): Style => {
  const hasColour = output.isTTY === true && env['TERM'] !== 'dumb' && (env['NO_COLOR'] ?? '') === ''
  const paint = (open: number, close: number): Paint =>
    hasColour ? (text) => (text === '' ? '' : `\u001b[${open}m${text}\u001b[${close}m`) : (text) => text
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    yellow: paint(33, 39),
    green: paint(32, 39),
  }
}
