// Strings are consumed whole, so this is linear.
const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]/gsu

/** One object (with its keys so far) or array that is open. */
interface Level {
  readonly keys: Set<string> | undefined
  isKeyNext: boolean
}

/**
 * The first key that some object of a JSON text has twice, `undefined` if there is none. `except` names keys that may
 * repeat. The text must be valid JSON, at most a few dozen levels deep.
 */
export const findDuplicateKey = (text: string, except: ReadonlySet<string>): string | undefined => {
  const levels: Level[] = []
  for (const [found] of text.matchAll(token)) {
    if (!found.startsWith('"')) {
      nest(levels, found)
      continue
    }
    const key = keyOf(levels.at(-1), found)
    if (key !== undefined && !except.has(key)) return key
  }
  return undefined
}

const nest = (levels: Level[], found: string): void => {
  const level = levels.at(-1)
  if (found === '{') levels.push({ keys: new Set(), isKeyNext: true })
  else if (found === '[') levels.push({ keys: undefined, isKeyNext: false })
  else if (found !== ',') levels.pop()
  else if (level !== undefined) level.isKeyNext = level.keys !== undefined
}

/** The string's value if it is a key that its object already has. */
const keyOf = (level: Level | undefined, found: string): string | undefined => {
  if (level?.keys === undefined || !level.isKeyNext) return undefined
  level.isKeyNext = false
  const key = JSON.parse(found) as string
  if (level.keys.has(key)) return key
  level.keys.add(key)
  return undefined
}
