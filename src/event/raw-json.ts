/** A number with the digits it came with; `JSON.stringify` writes them unchanged. */
interface RawJson {
  readonly rawJSON: string
}

// In Node 24, but not yet in the `lib` we compile against.
const json = JSON as unknown as {
  readonly rawJSON: (text: string) => RawJson
  readonly isRawJSON: (value: unknown) => value is RawJson
}

/** Wraps the text of a JSON primitive. */
const rawJson = json.rawJSON

/** Whether a value is a number that keeps its digits. */
export const isRawJson = json.isRawJSON

/** `JSON.parse` that keeps the digits of numbers that a double would change. Throws on what is no JSON, as that does. */
export const parseExact = (text: string): unknown => JSON.parse(text, keepDigits)

/** `context.source` is a primitive's text as it stood. */
const keepDigits = (_name: string, value: unknown, context?: { readonly source?: string }): unknown => {
  const source = context?.source
  if (typeof value !== 'number' || source === undefined) return value
  const isExact = Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value) && source.length <= 17
  return isExact ? value : rawJson(source)
}
