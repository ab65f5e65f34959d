import { SearchError } from './search-error.ts'
import { type SearchBound, type SearchField, type SearchTest, searchFields, searchKinds } from './search-node.ts'
import type { SearchToken } from './search-tokens.ts'

type Word = SearchToken & { readonly type: 'word' }
type Range = SearchToken & { readonly type: 'range' }

const dayUs = 86_400_000_000

/** What a value asks of its field. Throws `SearchError` where the field cannot hold it. */
export const testOf = (field: SearchField | 'any', word: Word): SearchTest => {
  const type = field === 'any' ? 'text' : searchFields[field]
  if (type === 'number' || type === 'time') return orderedTest(field as SearchField, word)
  if (type === 'flag') return { op: 'is', text: oneOf(field, word, ['true', 'false']) }
  if (type === 'kind') return { op: 'is', text: oneOf(field, word, searchKinds) }
  if (word.text === '') throw new SearchError('this is empty', word.column)
  return word.pattern === null ? { op: 'is', text: word.text } : { op: 'like', pattern: word.pattern }
}

const oneOf = (field: string, { text, column }: Word, values: readonly string[]): string => {
  if (values.includes(text)) return text
  throw new SearchError(`${field} is one of ${values.join(', ')}`, column)
}

const orderedTest = (field: SearchField, { text, column }: Word): SearchTest => {
  const [, comparison = '', rest = ''] = /^([<>]=?)?([\s\S]*)$/.exec(text) ?? []
  const at = column + comparison.length
  if (comparison === '') return { op: 'range', from: bound(field, rest, at), to: untilEnd(field, rest, at) }
  const limit = { ...bound(field, rest, at), isIncluded: comparison.endsWith('=') }
  return comparison.startsWith('<') ? { op: 'range', from: null, to: limit } : { op: 'range', from: limit, to: null }
}

/** `[FROM TO UNTIL]`; braces leave the end itself out, `*` is no end. */
export const parseRange = (field: SearchField, { open, close, text, column }: Range): SearchTest => {
  const type = searchFields[field]
  if (type !== 'number' && type !== 'time') throw new SearchError(`${field} has no order to take a range of`, column)
  const [from, to, ...more] = text.split(/\s+TO\s+/)
  if (from === undefined || to === undefined || more.length > 0) throw new SearchError('write [FROM TO UNTIL]', column)
  const ends = [from.trim(), to.trim()].map((end) => (end === '*' ? null : bound(field, end, column + 1)))
  return {
    op: 'range',
    from: withEnd(ends[0] ?? null, open === '['),
    to: withEnd(ends[1] ?? null, close === ']'),
  }
}

const withEnd = (end: SearchBound | null, isIncluded: boolean): SearchBound | null =>
  end === null ? null : { ...end, isIncluded }

/** A day without a time is the whole day. */
const untilEnd = (field: SearchField, text: string, column: number): SearchBound => {
  const end = bound(field, text, column)
  return isDay(field, text) ? { value: end.value + dayUs, isIncluded: false } : end
}

const bound = (field: SearchField, text: string, column: number): SearchBound => {
  const value = searchFields[field] === 'time' ? timeUs(field, text) : Number(text)
  if (text !== '' && Number.isFinite(value)) return { value, isIncluded: true }
  const advice = searchFields[field] === 'time' ? 'a time such as 2026-05-01 or 2026-05-01T10:00:00Z' : 'a number'
  throw new SearchError(`${field} wants ${advice}`, column)
}

const isDay = (field: SearchField, text: string): boolean =>
  searchFields[field] === 'time' && /^\d{4}-\d\d-\d\d$/.test(text)

const timeUs = (field: SearchField, text: string): number =>
  /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text)
    ? Date.parse(isDay(field, text) ? `${text}T00:00:00Z` : text) * 1000
    : Number.NaN
