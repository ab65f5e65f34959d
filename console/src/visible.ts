/** What changes how text looks without being seen: controls, bidi marks, zero-width and other ignorable characters. */
const unseen =
  /[\p{Control}\p{Format}\p{Surrogate}\p{Line_Separator}\p{Paragraph_Separator}]|\p{Default_Ignorable_Code_Point}/gu

export interface TextPart {
  readonly text: string
  readonly isUnseen: boolean
}

/** Splits text from outside so that what a reader would not see can be shown as `U+202E`. */
export const visibleParts = (text: string): readonly TextPart[] => {
  const parts: TextPart[] = []
  let end = 0
  for (const match of text.matchAll(unseen)) {
    if (match.index > end) parts.push({ text: text.slice(end, match.index), isUnseen: false })
    parts.push({ text: codeOf(match[0]), isUnseen: true })
    end = match.index + match[0].length
  }
  if (end < text.length) parts.push({ text: text.slice(end), isUnseen: false })
  return parts
}

const codeOf = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`

/** The same as one text, for titles. */
export const visible = (text: string): string =>
  visibleParts(text)
    .map((part) => (part.isUnseen ? `<${part.text}>` : part.text))
    .join('')
