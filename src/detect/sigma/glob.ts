import type { GlobPart } from './ast.ts'

export const any = { wildcard: '*' } as const
const one = { wildcard: '?' } as const

/**
 * A Sigma value as literals and wildcards. A backslash escapes a wildcard and another backslash; before anything else it
 * is a plain one.
 */
export const parseGlob = (text: string): readonly GlobPart[] => {
  const parts: GlobPart[] = []
  let literal = ''
  const push = (wildcard: GlobPart): void => {
    if (literal !== '') parts.push(literal)
    literal = ''
    parts.push(wildcard)
  }
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at)
    const next = text.charAt(at + 1)
    if (char === '\\' && (next === '*' || next === '?' || next === '\\')) {
      literal += next
      at += 1
    } else if (char === '*') push(any)
    else if (char === '?') push(one)
    else literal += char
  }
  if (literal !== '' || parts.length === 0) parts.push(literal)
  return parts
}

/** Every dash and slash of the literals as any of the characters that introduce a command's option. */
export const withAnyDash = (parts: readonly GlobPart[]): readonly GlobPart[] =>
  parts.flatMap((part) =>
    typeof part !== 'string'
      ? [part]
      : part
          .split(/([-/–—―])/)
          .filter((piece) => piece !== '')
          .map((piece): GlobPart => (isDash(piece) ? { wildcard: 'dash' } : piece)),
  )

export const isDash = (char: string): boolean => char.length === 1 && '-/–—―'.includes(char)

/** The text of a value without wildcards; null if it has one. */
export const literalOf = (parts: readonly GlobPart[]): string | null => {
  const [only] = parts
  return parts.length === 1 && typeof only === 'string' ? only : null
}

/** ASCII letters in lower case: the one folding that JavaScript, ClickHouse and SQLite agree on. */
export const fold = (text: string): string =>
  isAscii.test(text) ? text.toLowerCase() : text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins with them.
const isAscii = /^[\u0000-\u007f]*$/
