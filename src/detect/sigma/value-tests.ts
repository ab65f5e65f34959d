import { isIP } from 'node:net'
import { RE2JS } from 're2js'
import type { GlobPart, ValueTest } from './ast.ts'
import { base64, base64Offsets, utf16 } from './encode-value.ts'
import { any, literalOf, parseGlob, withAnyDash } from './glob.ts'
import type { Encoder, Modifiers } from './modifiers.ts'
import type { Path } from './report.ts'
import type { SelectionContext } from './selection.ts'

interface Place {
  readonly path: Path
  readonly context: SelectionContext
}

/** The tests of which one must pass for a value of a rule; several where a modifier makes several of it. */
export const testsOf = (value: unknown, modifiers: Modifiers, place: Place): readonly ValueTest[] => {
  switch (modifiers.kind) {
    case 'exists':
      return existsTest(value, place)
    case 'regex':
      return regexTest(value, modifiers.regexFlags ?? '', place)
    case 'cidr':
      return cidrTest(value, place)
    case 'fieldref':
      return fieldrefTest(value, modifiers, place)
    case 'value':
      return plainTests(value, modifiers, place)
  }
}

const plainTests = (value: unknown, modifiers: Modifiers, place: Place): readonly ValueTest[] => {
  if (modifiers.operator !== null || modifiers.timePart !== null) return numberTests(value, modifiers, place)
  const isPlain = modifiers.position === 'equals' && modifiers.encoders.length === 0
  if (value === null || value === undefined) {
    return isPlain ? [{ kind: 'empty' }] : wrong(place, 'null has no text; leave the modifier or the value out')
  }
  if (typeof value === 'number' && isPlain) return [{ kind: 'number', operator: 'eq', value, part: null }]
  if (typeof value === 'object') return wrong(place, 'a value must be text, a number, true, false or null')
  return textTests(String(value), modifiers, place)
}

const numberTests = (value: unknown, { operator, timePart }: Modifiers, place: Place): readonly ValueTest[] =>
  typeof value === 'number' && Number.isFinite(value)
    ? [{ kind: 'number', operator: operator ?? 'eq', value, part: timePart }]
    : wrong(place, 'a comparison needs a number; write it without quotes')

const textTests = (text: string, modifiers: Modifiers, place: Place): readonly ValueTest[] =>
  expanded(text, modifiers, place)
    .flatMap((value) => encoded(value, modifiers, place))
    .map((parts) => ({ kind: 'text', parts: positioned(parts, modifiers), isCased: modifiers.isCased }))

/** Puts the values of placeholders in their places; a percent sign after a backslash is a plain one. */
const expanded = (text: string, modifiers: Modifiers, place: Place): readonly string[] => {
  if (!modifiers.isExpanded) return [text]
  const pieces = text.split(/(?<!\\)%([A-Za-z0-9_.-]+)(?<!\\)%/)
  if (pieces.length === 1) return wrong(place, 'there is no %placeholder% to expand; leave "expand" out')
  let texts: readonly string[] = ['']
  for (const [at, piece] of pieces.entries()) {
    const values = at % 2 === 0 ? [piece.replaceAll('\\%', '%')] : placeholderValues(piece, place)
    texts = texts.flatMap((before) => values.map((value) => before + value))
  }
  return texts
}

const placeholderValues = (name: string, place: Place): readonly string[] => {
  const values = place.context.placeholders.get(name)
  if (values !== undefined) return values
  const known = [...place.context.placeholders.keys()].join(', ') || 'none'
  return wrong(
    place,
    `the placeholder %${name}% has no values; list them under agenttrail: placeholders (known: ${known})`,
  )
}

const encoded = (text: string, modifiers: Modifiers, place: Place): readonly (readonly GlobPart[])[] => {
  let values: readonly Encoded[] = [{ parts: parseGlob(text), isBytes: false }]
  for (const encoder of modifiers.encoders) values = values.flatMap((value) => encode(encoder, value, place))
  return values.map((value) => value.parts)
}

interface Encoded {
  readonly parts: readonly GlobPart[]
  readonly isBytes: boolean
}

const encode = (encoder: Encoder, value: Encoded, place: Place): readonly Encoded[] => {
  if (encoder === 'windash') return [{ ...value, parts: withAnyDash(value.parts) }]
  const text = literalOf(value.parts)
  if (text === null)
    return wrong(place, `${encoder} encodes the whole value, so it can hold no wildcard; escape it with \\`)
  const bytes = { text, isBytes: value.isBytes }
  switch (encoder) {
    case 'base64':
      return [{ parts: [base64(bytes)], isBytes: false }]
    case 'base64offset':
      return base64Offsets(bytes).map((part) => ({ parts: [part], isBytes: false }))
    case 'utf16be':
      return [{ parts: [utf16(text, 'be')], isBytes: true }]
    case 'utf16':
      return [{ parts: [utf16(text, 'bom')], isBytes: true }]
    case 'utf16le':
    case 'wide':
      return [{ parts: [utf16(text, 'le')], isBytes: true }]
  }
}

const positioned = (parts: readonly GlobPart[], { position }: Modifiers): readonly GlobPart[] => [
  ...(position === 'contains' || position === 'endswith' ? [any] : []),
  ...parts,
  ...(position === 'contains' || position === 'startswith' ? [any] : []),
]

const existsTest = (value: unknown, place: Place): readonly ValueTest[] =>
  typeof value === 'boolean' ? [{ kind: 'exists', isPresent: value }] : wrong(place, 'exists takes true or false')

const regexTest = (value: unknown, flags: string, place: Place): readonly ValueTest[] => {
  const pattern = String(value)
  try {
    RE2JS.compile(pattern)
    return [{ kind: 'regex', pattern, flags }]
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error)
    return wrong(
      place,
      `the regular expression is not RE2 syntax: ${reason}; RE2 has no look-around and no back-references`,
    )
  }
}

const cidrTest = (value: unknown, place: Place): readonly ValueTest[] => {
  const [address = '', length = '', ...rest] = String(value).split('/')
  const version = isIP(address)
  const bitsMax = version === 6 ? 128 : 32
  const bits = length === '' ? bitsMax : Number(length)
  if (version === 0 || rest.length > 0 || !Number.isInteger(bits) || bits < 0 || bits > bitsMax) {
    return wrong(place, `"${String(value)}" is no network; write it as 10.0.0.0/8 or fd00::/8`)
  }
  return [{ kind: 'cidr', address, bits, family: version === 6 ? 'ipv6' : 'ipv4' }]
}

const fieldrefTest = (value: unknown, { position, isCased }: Modifiers, place: Place): readonly ValueTest[] =>
  typeof value === 'string' && value !== ''
    ? [{ kind: 'fieldref', field: value, position, isCased }]
    : wrong(place, 'fieldref takes the name of another field')

const wrong = (place: Place, message: string): readonly never[] => {
  place.context.report(place.path, message)
  return []
}
