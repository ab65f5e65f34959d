const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** East Asian wide and full-width blocks, as terminals draw them. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{16fe0}-\u{18cff}\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u

const combining = /^\p{Mark}+$/u

const asciiOnly = /^[\x20-\x7e]*$/

/** How many columns of a terminal `text` takes. */
export const displayWidth = (text: string): number => {
  if (asciiOnly.test(text)) return text.length
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += segmentWidth(segment)
  return width
}

/** `text`, cut at a character's end so that it takes at most `columns`, with `…` where something is missing. */
export const fitWidth = (text: string, columns: number): string => {
  if (displayWidth(text) <= columns) return text
  let fitted = ''
  let width = 0
  for (const { segment } of segmenter.segment(text)) {
    width += segmentWidth(segment)
    if (width > columns - 1) break
    fitted += segment
  }
  return `${fitted}…`
}

const segmentWidth = (segment: string): number => {
  if (combining.test(segment)) return 0
  return wide.test(segment) ? 2 : 1
}
