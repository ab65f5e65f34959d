/** A text within JSON and the name it stands under. */
export interface LeafText {
  readonly name: string
  readonly text: string
}

const leavesMax = 2_000
/** Beyond it a text is looked at as it stands, not by its structure. */
const parsedCharsMax = 65_536

/** The texts and numbers within JSON text; of what is no JSON the text itself. JSON within a text is opened once more. */
export const leafTexts = (json: string): readonly LeafText[] => {
  const value = parsed(json)
  if (value === undefined) return [{ name: '', text: json.slice(0, parsedCharsMax) }]
  const leaves: LeafText[] = []
  collect(leaves, value, { name: '', isInner: false })
  return leaves
}

const collect = (
  leaves: LeafText[],
  value: unknown,
  at: { readonly name: string; readonly isInner: boolean },
): void => {
  if (leaves.length >= leavesMax) return
  if (typeof value === 'string') collectText(leaves, value, at)
  else if (typeof value === 'number') leaves.push({ name: at.name, text: String(value) })
  else if (Array.isArray(value)) for (const each of value) collect(leaves, each, at)
  else if (typeof value === 'object' && value !== null) {
    for (const [name, each] of Object.entries(value)) collect(leaves, each, { name, isInner: at.isInner })
  }
}

const collectText = (
  leaves: LeafText[],
  text: string,
  { name, isInner }: { readonly name: string; readonly isInner: boolean },
): void => {
  const inner = isInner ? undefined : parsed(text)
  if (inner === undefined) leaves.push({ name, text })
  else collect(leaves, inner, { name, isInner: true })
}

/** What JSON text says; undefined if it is none or too long. Text in quotes counts as JSON where it begins the whole. */
const parsed = (text: string): unknown => {
  if (text.length > parsedCharsMax || !/^\s*[[{"]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    // A text that only begins like JSON.
    return undefined
  }
}
