type Row = Readonly<Record<string, unknown>>

/** A line of CSV (RFC 4180). Lists and objects are JSON, nested names have dots. */
export const csvLine = (values: readonly unknown[]): string => `${values.map(cell).join(',')}\r\n`

const cell = (value: unknown): string => {
  const text = textOf(value)
  // A spreadsheet would run a text that begins like a formula: what an agent wrote is shown, never obeyed.
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

const textOf = (value: unknown): string => {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** `{session: {agent: 'a'}}` → `{'session.agent': 'a'}`; `keep` are the names whose objects stay whole. */
export const flatten = (row: object, keep: ReadonlySet<string>): Row => {
  const flat: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(row)) {
    if (!isObject(value) || keep.has(name)) flat[name] = value
    else for (const [inner, each] of Object.entries(value)) flat[`${name}.${inner}`] = each
  }
  return flat
}

const isObject = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value)
