/** A value as bytes in UTF-16, kept as text of one character a byte. */
export const utf16 = (text: string, order: 'le' | 'be' | 'bom'): string => {
  const bytes = Buffer.from(text, 'utf16le')
  if (order === 'be') bytes.swap16()
  return `${order === 'bom' ? '\u00ff\u00fe' : ''}${bytes.toString('latin1')}`
}

export const base64 = (value: EncodedText): string => bytesOf(value).toString('base64')

/** The middle of a value's Base64, as it looks at each of the three places where it can begin in a longer text. */
export const base64Offsets = (value: EncodedText): readonly string[] => {
  const bytes = bytesOf(value)
  return [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift, ' '), bytes]).toString('base64')
    // What the neighbours' bits take part in is cut off at both ends.
    const start = [0, 2, 3][shift] ?? 0
    const end = [0, -3, -2][(bytes.length + shift) % 3] ?? 0
    return encoded.slice(start, end === 0 ? undefined : end)
  })
}

export interface EncodedText {
  readonly text: string
  /** Whether each character stands for a byte. */
  readonly isBytes: boolean
}

const bytesOf = ({ text, isBytes }: EncodedText): Buffer => Buffer.from(text, isBytes ? 'latin1' : 'utf8')
