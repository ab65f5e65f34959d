import { didYouMean } from '../did-you-mean.ts'
import { callFieldNames, callFieldOf } from './call-fields.ts'

/** Placeholders of a sentence that are no fields. */
const ownNames = ['who', 'count', 'timespan', 'title'] as const
type OwnName = (typeof ownNames)[number]

/**
 * A sentence in parts: text, `{placeholder}`, and `[…]`, which is left out as a whole if a placeholder within it has
 * nothing to say.
 */
type Part = string | { readonly placeholder: string } | { readonly optional: readonly Part[] }

const parseSentence = (sentence: string): readonly Part[] =>
  sentence
    .split(/(\[[^\]]*\])/)
    .flatMap((piece): readonly Part[] =>
      piece.startsWith('[') ? [{ optional: placeholdersIn(piece.slice(1, -1)) }] : placeholdersIn(piece),
    )

const placeholdersIn = (text: string): readonly Part[] =>
  text
    .split(/(\{[^}]*\})/)
    .filter((piece) => piece !== '')
    .map((piece) => (piece.startsWith('{') ? { placeholder: piece.slice(1, -1) } : piece))

/** Reports placeholders that nothing can fill. */
export const checkSentence = (sentence: string, report: (message: string) => void): void => {
  for (const name of namesIn(parseSentence(sentence))) {
    if (isOwn(name) || callFieldOf(name) !== undefined) continue
    const near = didYouMean(name, [...ownNames, ...callFieldNames])
    report(`{${name}} is no field of a call; ${near === null ? 'see docs/rules.md' : `did you mean {${near}}?`}`)
  }
}

/** The fields whose values a sentence names. */
export const sentenceFields = (sentence: string): readonly string[] => [
  ...new Set(namesIn(parseSentence(sentence)).filter((name) => !isOwn(name))),
]

/** Fills a sentence. */
export const fillSentence = (
  sentence: string,
  values: Readonly<Record<OwnName, string>>,
  fieldText: (field: string) => string,
): string => {
  const textOf = (name: string): string => (isOwn(name) ? values[name] : fieldText(name))
  const fill = (parts: readonly Part[]): string =>
    parts
      .map((part) => {
        if (typeof part === 'string') return part
        if ('placeholder' in part) return textOf(part.placeholder)
        return namesIn(part.optional).some((name) => textOf(name) === '') ? '' : fill(part.optional)
      })
      .join('')
  return fill(parseSentence(sentence))
}

const namesIn = (parts: readonly Part[]): readonly string[] =>
  parts.flatMap((part) =>
    typeof part === 'string' ? [] : 'placeholder' in part ? [part.placeholder] : namesIn(part.optional),
  )

const isOwn = (name: string): name is OwnName => (ownNames as readonly string[]).includes(name)
