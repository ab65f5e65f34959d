/**
 * Characters that change what a terminal shows without being seen: controls, bidi marks and embeddings, zero-width
 * characters, line separators, variation and tag characters, lone surrogates.
 */
const unseen =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb]|[\u{1bca0}-\u{1bca3}\u{e0000}-\u{e0fff}]|\p{Surrogate}/gu

/** `text` with every character that a reader would not see written out as `<U+202E>`. Data is shown, never obeyed. */
export const visible = (text: string): string =>
  text.replace(unseen, (character) => {
    const code = character.codePointAt(0) ?? 0
    return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`
  })
