import { SearchError } from './search-error.ts'

/** One piece of a search, with where it stands. */
export type SearchToken = { readonly column: number } & (
  | { readonly type: '(' | ')' | ':' | '-' | 'end' }
  | { readonly type: 'AND' | 'OR' | 'NOT' }
  /** `text` without quotes and backslashes; `pattern` is set where `*` or `?` stand for other characters. */
  | { readonly type: 'word'; readonly text: string; readonly pattern: string | null; readonly isQuoted: boolean }
  | { readonly type: 'range'; readonly open: '[' | '{'; readonly close: ']' | '}'; readonly text: string }
)

const special = new Set(['(', ')', ':'])
const operators = new Set(['AND', 'OR', 'NOT'])

/** Cuts a search into tokens; the last one is `end`. Throws `SearchError`. */
export const searchTokens = (text: string): readonly SearchToken[] => {
  const tokens: SearchToken[] = []
  for (let at = 0; at < text.length; ) {
    const character = text[at] ?? ''
    if (/\s/.test(character)) at += 1
    else {
      const [token, next] = tokenAt(text, at, tokens.at(-1)?.type === ':')
      tokens.push(token)
      at = next
    }
  }
  return [...tokens, { type: 'end', column: text.length + 1 }]
}

const tokenAt = (text: string, at: number, isValue: boolean): readonly [SearchToken, number] => {
  const character = text[at] ?? ''
  const column = at + 1
  if (special.has(character)) return [{ type: character as '(', column }, at + 1]
  if (character === '-' && !isValue) return [{ type: '-', column }, at + 1]
  if (character === '"') return quotedAt(text, at)
  if (isValue && (character === '[' || character === '{')) return rangeAt(text, at)
  return wordAt(text, at, isValue)
}

const quotedAt = (text: string, at: number): readonly [SearchToken, number] => {
  let value = ''
  for (let i = at + 1; i < text.length; i += 1) {
    if (text[i] === '"') return [{ type: 'word', text: value, pattern: null, isQuoted: true, column: at + 1 }, i + 1]
    if (text[i] === '\\') i += 1
    value += text[i] ?? ''
  }
  throw new SearchError('this quote is never closed', at + 1)
}

const rangeAt = (text: string, at: number): readonly [SearchToken, number] => {
  const end = text.slice(at).search(/[\]}]/)
  if (end === -1) throw new SearchError('this range is never closed: write [FROM TO UNTIL]', at + 1)
  const open = text[at] as '['
  const close = text[at + end] as ']'
  return [{ type: 'range', open, close, text: text.slice(at + 1, at + end), column: at + 1 }, at + end + 1]
}

/** Up to a space or bracket. A colon ends a field's name; within a value it is a character like others, as in times. */
const wordAt = (text: string, at: number, isValue: boolean): readonly [SearchToken, number] => {
  const column = at + 1
  const pattern = isValue ? valueWord : nameWord
  pattern.lastIndex = at
  const written = pattern.exec(text)?.[0] ?? text.slice(at, column)
  const next = at + written.length
  if (!isValue && operators.has(written)) return [{ type: written as 'AND', column }, next]
  return [{ type: 'word', ...readWord(written), isQuoted: false, column }, next]
}

const valueWord = /(?:\\[\s\S]|\\$|[^\s()\\])+/y
const nameWord = /(?:\\[\s\S]|\\$|[^\s():\\])+/y

const wildcards: Readonly<Record<string, string>> = { '*': '%', '?': '_' }

const readWord = (written: string): { readonly text: string; readonly pattern: string | null } => {
  const pieces = [...written.matchAll(/\\([\s\S]?)|([*?])|([^\\*?])/g)]
  const text = pieces.map(([, escaped, wildcard, plain]) => escaped ?? wildcard ?? plain ?? '').join('')
  if (pieces.every(([, , wildcard]) => wildcard === undefined)) return { text, pattern: null }
  const pattern = pieces.map(([, escaped, wildcard, plain]) =>
    wildcard === undefined ? escapeLike(escaped ?? plain ?? '') : (wildcards[wildcard] ?? ''),
  )
  return { text, pattern: pattern.join('') }
}

/** Characters that mean something to LIKE. */
const escapeLike = (text: string): string => text.replaceAll(/[\\%_]/g, '\\$&')
