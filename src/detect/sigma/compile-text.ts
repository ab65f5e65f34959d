import type { GlobPart, TextTest } from './ast.ts'
import { any, fold, isDash, literalOf } from './glob.ts'

/** Whether a text matches a pattern as a whole. */
export const compileText = ({ parts, isCased }: TextTest): ((text: string) => boolean) => {
  const wanted = isCased ? parts : parts.map((part) => (typeof part === 'string' ? fold(part) : part))
  const test = simple(wanted) ?? ((text: string) => matchesGlob(wanted, text))
  return isCased ? test : (text) => test(fold(text))
}

/** The common shapes cost one call of the string's own: a literal with wildcards at its ends. */
const simple = (parts: readonly GlobPart[]): ((text: string) => boolean) | null => {
  const isOpenLeft = isAny(parts[0])
  const isOpenRight = parts.length > 1 && isAny(parts.at(-1))
  const literal = literalOf(parts.slice(isOpenLeft ? 1 : 0, isOpenRight ? -1 : undefined))
  if (literal === null) return null
  if (isOpenLeft && isOpenRight) return (text) => text.includes(literal)
  if (isOpenLeft) return (text) => text.endsWith(literal)
  if (isOpenRight) return (text) => text.startsWith(literal)
  return (text) => text === literal
}

const isAny = (part: GlobPart | undefined): boolean => typeof part === 'object' && part.wildcard === any.wildcard

/** Greedy with one place to return to: the time is the product of both lengths at worst, whatever the pattern. */
const matchesGlob = (parts: readonly GlobPart[], text: string): boolean => {
  let at = 0
  let part = 0
  let retryPart = -1
  let retryAt = 0
  while (at < text.length || part < parts.length) {
    const current = parts[part]
    if (isAny(current)) {
      retryPart = part
      retryAt = at
      part += 1
      continue
    }
    const width = current === undefined ? -1 : widthAt(current, text, at)
    if (width >= 0) {
      at += width
      part += 1
      continue
    }
    if (retryPart < 0 || retryAt >= text.length) return false
    retryAt += 1
    at = retryAt
    part = retryPart + 1
  }
  return true
}

/** How much of the text at `at` a part takes; -1 if it does not match there. */
const widthAt = (part: GlobPart, text: string, at: number): number => {
  if (typeof part === 'string') return text.startsWith(part, at) ? part.length : -1
  if (at >= text.length) return -1
  if (part.wildcard === 'dash') return isDash(text.charAt(at)) ? 1 : -1
  // A character outside the basic plane is one character.
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
}
