import type { JsonObject } from '../../src/ingest/format.ts'

const head =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z)[\t ]{1,8}(trace|debug|info|warn|error)[\t ]{1,8}(\S{1,2048})(?:[\t ]{1,8}|$)/
const pairStart = /^([A-Za-z_][\w.-]{0,127})=/
const quoted = /"(?:[^"\\]|\\.)*"(?= |$)/y

/**
 * The keys that the format reads. `early`: known before the request's body is read, and so in front of all that a client may
 * choose freely. `client`: may hold any text of the client's. `own`: the gateway's own words.
 */
const known: ReadonlyMap<string, 'early' | 'own' | 'client'> = new Map([
  ['gateway', 'early'],
  ['listener', 'early'],
  ['route_rule', 'early'],
  ['route', 'early'],
  ['endpoint', 'early'],
  ['src.addr', 'early'],
  ['src.identity', 'early'],
  ['http.method', 'early'],
  ['http.host', 'early'],
  ['http.path', 'early'],
  ['http.version', 'early'],
  ['http.status', 'early'],
  ['jwt.sub', 'early'],
  ['trace.id', 'own'],
  ['span.id', 'own'],
  ['protocol', 'own'],
  ['mcp.method.name', 'client'],
  ['mcp.method', 'client'],
  ['mcp.target', 'own'],
  ['mcp.resource.type', 'own'],
  ['mcp.resource.name', 'client'],
  ['mcp.resource.uri', 'client'],
  ['gen_ai.tool.name', 'client'],
  ['gen_ai.prompt.name', 'client'],
  ['mcp.session.id', 'client'],
  ['mcp.error.code', 'own'],
  ['mcp.error.message', 'client'],
  ['a2a.context.id', 'client'],
  ['error', 'client'],
  ['reason', 'own'],
  ['duration', 'own'],
])

/**
 * A line of agentgateway's default output, `<time>\t<level>\t<scope> <key>=<value> …`, as its JSON form would have it;
 * `undefined` for any other text. Most values stand without quotes, so a client can write keys into the name of a tool: the
 * caller's identity counts only before the first such value, of anything else the last one counts, and the keys that an
 * operator added, which cannot be told from invented ones, begin with `added.`.
 */
export const readAgentgatewayText = (line: string): JsonObject | undefined => {
  const match = head.exec(line)
  if (match === null) return undefined
  const [all, time, level, scope = ''] = match
  const rest = line.slice(all.length)
  if (scope === 'request') return { level, time, scope, ...readPairs(rest) }
  // Only the JSON form has the crate before the module.
  const module = scope.includes('::') && !scope.startsWith('agent') ? `agentgateway::${scope}` : scope
  return { level, time, scope: module, text: rest }
}

const readPairs = (text: string): JsonObject => {
  const fields = new Map<string, string>()
  const added = new Map<string, string>()
  let hasClientText = false
  for (const [key, value] of pairsOf(text)) {
    const kind = known.get(key)
    hasClientText ||= kind === 'client'
    const isInvented = kind === undefined || (kind === 'early' && (hasClientText || fields.has(key)))
    const replaced = fields.get(key)
    if (isInvented) put(added, key, value)
    else fields.set(key, value)
    if (!isInvented && replaced !== undefined) put(added, key, replaced)
  }
  return Object.fromEntries([...fields, ...added])
}

const put = (added: Map<string, string>, name: string, value: string): void => {
  const key = `added.${name}`
  const before = added.get(key)
  added.set(key, before === undefined ? value : `${before} ${value}`)
}

/** In the order in which they stand; a piece that begins no pair belongs to the value before it. */
const pairsOf = (text: string): readonly (readonly [string, string])[] => {
  const pairs: [string, string][] = []
  let at = 0
  while (at < text.length) {
    const key = pairStart.exec(text.slice(at, at + 129))?.[1] ?? ''
    const start = key === '' ? at : at + key.length + 1
    const found = valueAt(text, start)
    const last = pairs.at(-1)
    if (key !== '' || last === undefined) pairs.push([key || 'message', found.value])
    else last[1] += ` ${found.value}`
    at = found.end + 1
  }
  return pairs
}

const valueAt = (text: string, start: number): { readonly value: string; readonly end: number } => {
  quoted.lastIndex = start
  const match = quoted.exec(text)
  const value = match === null ? undefined : unquote(match[0])
  if (match !== null && value !== undefined) return { value, end: start + match[0].length }
  const space = text.indexOf(' ', start)
  const end = space === -1 ? text.length : space
  return { value: text.slice(start, end), end }
}

const unquote = (text: string): string | undefined => {
  try {
    return String(JSON.parse(text))
  } catch {
    return undefined
  }
}
