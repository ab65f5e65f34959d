/**
 * Characters that change what a terminal shows without being seen: controls, bidi marks and embeddings, zero-width
 * characters, line separators, variation selectors and tags, lone surrogates.
 */
const unseen =
  /[\p{Control}\p{Format}\p{Surrogate}\p{Line_Separator}\p{Paragraph_Separator}]|\p{Default_Ignorable_Code_Point}/gu

/** `text` with every character that a reader would not see written out as `<U+202E>`. Data is shown, never obeyed. */
export const visible = (text: string): string =>
  text.replace(unseen, (character) => {
    const code = character.codePointAt(0) ?? 0
    return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`
  })
