import { parseAllDocuments } from 'yaml'

/** A rule file with one thing changed that a test of it should notice. */
export interface Mutant {
  /** What was changed, as a reader of the file would say it. */
  readonly change: string
  readonly text: string
}

type Json = Record<string, unknown>

interface Change {
  readonly change: string
  readonly apply: (document: Json) => void
}

/** Every change of thresholds, windows, groups and conditions of a rule file, one at a time. */
export const mutantsOf = (text: string): readonly Mutant[] => {
  const read = (): Json[] => parseAllDocuments(text).map((document) => document.toJS() as Json)
  return read().flatMap((document, at) =>
    [...correlationChanges(document), ...severityChanges(document), ...detectionChanges(document)].map(
      ({ change, apply }) => {
        const documents = read()
        apply(documents[at] as Json)
        const name = String(document['name'] ?? at)
        return { change: `${name}: ${change}`, text: documents.map((each) => JSON.stringify(each)).join('\n---\n') }
      },
    ),
  )
}

const setting =
  (name: string, value: unknown) =>
  (target: Json): void => {
    target[name] = value
  }

const objectAt = (value: unknown): Json | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null

const bounds = ['gte', 'gt', 'lte', 'lt', 'eq']

const correlationChanges = (document: Json): Change[] => {
  const correlation = objectAt(document['correlation'])
  if (correlation === null) return []
  const inside = (change: string, apply: (inner: Json) => void): Change => ({
    change,
    apply: (changed) => apply(changed['correlation'] as Json),
  })
  return [
    ...numberChanges(objectAt(correlation['condition']) ?? {}, bounds).map(({ change, apply }) =>
      inside(change, (inner) => apply(inner['condition'] as Json)),
    ),
    ...numberChanges(correlation, ['buckets-min', 'deviations']).map(({ change, apply }) => inside(change, apply)),
    ...timeChanges(correlation).map(({ change, apply }) => inside(change, apply)),
    ...groupChanges(correlation).map(({ change, apply }) => inside(change, apply)),
    ...orderChanges(correlation).map(({ change, apply }) => inside(change, apply)),
  ]
}

const numberChanges = (of: Json, names: readonly string[]): Change[] =>
  names.flatMap((name) => {
    const value = of[name]
    if (typeof value !== 'number') return []
    return (
      [value - 1, value + 1]
        // A threshold of nothing is no rule.
        .filter((changed) => changed > 0)
        .map((changed) => ({
          change: `${name} ${value} → ${changed}`,
          apply: setting(name, changed),
        }))
    )
  })

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 }

const timeChanges = (correlation: Json): Change[] =>
  ['timespan', 'lookback', 'warm-up'].flatMap((name) => {
    const match = /^(\d+)([smhdw])$/.exec(String(correlation[name] ?? ''))
    if (match === null) return []
    const seconds = Number(match[1]) * (unitSeconds[match[2] ?? ''] ?? 1)
    return [Math.floor(seconds / 2), seconds * 2].map((changed) => ({
      change: `${name} ${match[0]} → ${changed}s`,
      apply: setting(name, `${changed}s`),
    }))
  })

const groupChanges = (correlation: Json): Change[] => {
  const groups = correlation['group-by']
  if (!Array.isArray(groups) || groups.length < 2) return []
  return groups.map((group, at) => ({
    change: `not grouped by ${group}`,
    apply: setting(
      'group-by',
      groups.filter((_each, place) => place !== at),
    ),
  }))
}

const orderChanges = (correlation: Json): Change[] => {
  if (correlation['type'] !== 'temporal_ordered') return []
  const unordered = {
    change: 'in any order',
    apply: (target: Json): void => {
      target['type'] = 'temporal'
      delete target['between']
    },
  }
  const uninterrupted = { change: 'whatever lies between', apply: (target: Json) => void delete target['between'] }
  return correlation['between'] === undefined ? [unordered] : [unordered, uninterrupted]
}

const severityChanges = (document: Json): Change[] => {
  const steps = objectAt(document['agenttrail'])?.['severity']
  if (!Array.isArray(steps)) return []
  const inside = (at: number, apply: (step: Json) => void) => (changed: Json) =>
    apply(((changed['agenttrail'] as Json)['severity'] as Json[])[at] as Json)
  return steps.flatMap((step: Json, at) => [
    {
      change: `without severity ${step['level']}`,
      apply: (changed: Json) => void ((changed['agenttrail'] as Json)['severity'] as Json[]).splice(at, 1),
    },
    ...numberChanges(step, bounds).map(({ change, apply }) => ({
      change: `severity ${step['level']} ${change}`,
      apply: inside(at, apply),
    })),
  ])
}

const detectionChanges = (document: Json): Change[] => {
  const detection = objectAt(document['detection'])
  if (detection === null) return []
  const inside = (apply: (inner: Json) => void) => (changed: Json) => apply(changed['detection'] as Json)
  const ofSelections = Object.entries(detection)
    .filter(([name]) => name !== 'condition')
    .flatMap(([name, selection]) =>
      selectionChanges(selection).map(({ change, apply }) => ({
        change: `${name} ${change}`,
        apply: inside((inner) => apply(inner[name] as Json)),
      })),
    )
  const ofCondition = conditionsLike(String(detection['condition'])).map((condition) => ({
    change: `condition → ${condition}`,
    apply: inside(setting('condition', condition)),
  }))
  return [...ofSelections, ...ofCondition]
}

/** A test left out, or one of a list of alternatives. */
const selectionChanges = (selection: unknown): Change[] => {
  if (Array.isArray(selection)) return selection.length < 2 ? [] : selection.map((_each, at) => leftOut(at))
  const tests = objectAt(selection)
  if (tests === null) return []
  const names = Object.keys(tests)
  const withoutTest = names.length < 2 ? [] : names.map((name) => leftOut(name))
  const withoutValue = Object.entries(tests).flatMap(([name, values]) =>
    !Array.isArray(values) || values.length < 2
      ? []
      : values.map((value, at) => ({
          change: `without ${name}: ${value}`,
          apply: (target: Json) => void (target[name] as unknown[]).splice(at, 1),
        })),
  )
  return [...withoutTest, ...withoutValue]
}

const leftOut = (key: string | number): Change => ({
  change: `without ${typeof key === 'number' ? `alternative ${key + 1}` : key}`,
  apply: (target) => {
    if (Array.isArray(target)) target.splice(Number(key), 1)
    else delete target[key]
  },
})

/** `and` for `or` and the other way round, and each `not` left out. */
const conditionsLike = (condition: string): readonly string[] => {
  const words = condition.split(' ')
  return words.flatMap((word, at) => {
    if (word === 'not') return [words.filter((_each, place) => place !== at).join(' ')]
    const other = word === 'and' ? 'or' : word === 'or' ? 'and' : null
    return other === null ? [] : [words.with(at, other).join(' ')]
  })
}
