import type { CallFact } from './call-fact.ts'
import { memberMaskOf } from './evaluate/hold.ts'
import { countedMaxOf } from './evaluate/window.ts'
import { type Hit, valueText } from './hit.ts'
import type { Correlation, Input, Rule } from './rule.ts'
import { sentenceFields } from './sentence.ts'
import type { Condition } from './sigma/ast.ts'
import type { EventFields, FieldValue } from './sigma/compile-condition.ts'

/** One correlation of a rule, ready to be evaluated: the outer one, or one whose calls are an input of another. */
export interface RuleNode {
  /** The rule's id; an inner correlation's place within the rule follows it. */
  readonly key: string
  readonly rule: Rule
  readonly correlation: Correlation
  /** Whom its completing calls are an input of; null for the outer correlation, which makes findings. */
  readonly parent: { readonly node: RuleNode; readonly input: number } | null
  /** 0 for the outer one. */
  readonly depth: number
  /** Correlations of one family group their calls alike; each has a slot of its own there. */
  readonly family: number
  readonly slot: number
  /** Whether calls that can still change are evaluated too. */
  readonly isLive: boolean
  readonly memberMask: number
  /** Inputs that alone make a call worth keeping: members and breakers. */
  readonly keptMask: number
  /** Fields that hits keep. */
  readonly fields: readonly string[]
  /** How a call's fields are read, the ones that it is grouped by among them. */
  readonly readers: ReadonlyMap<string, (call: CallFact) => FieldValue>
  /** A count beyond this is not told apart. */
  readonly countedMax: number
}

/** How calls of an input are grouped; inputs that are grouped alike share one. */
export interface Grouping {
  /** Its place among the groupings of a rule set. */
  readonly at: number
  readonly fields: readonly { readonly read: (call: CallFact) => FieldValue; readonly takesUnknown: boolean }[]
}

/** An input that a selection is. */
export interface Target {
  readonly node: RuleNode
  readonly input: number
  readonly grouping: Grouping
}

/** A selection of calls and the inputs that it is. */
export interface Selection {
  readonly condition: Condition
  readonly targets: Target[]
}

/** The correlations of rules and their selections; a selection that several inputs share is one. */
export const nodesOf = (
  rules: readonly Rule[],
  events: EventFields<CallFact>,
): { readonly nodes: RuleNode[]; readonly selections: Selection[]; readonly hitFields: readonly HitField[] } => {
  const nodes: RuleNode[] = []
  const selections = new Map<Condition, Selection>()
  const groupings = new Map<string, Grouping>()
  const families = new Map<string, Family>()
  const targetOf = (node: RuleNode, input: number): Target => {
    const signature = JSON.stringify(node.correlation.groupBy.map((group) => [group.fields[input], group.takesUnknown]))
    const known = groupings.get(signature) ?? newGrouping(node, input, groupings.size)
    groupings.set(signature, known)
    return { node, input, grouping: known }
  }
  const visit = (node: RuleNode): void => {
    nodes.push(node)
    for (const [input, { source }] of node.correlation.inputs.entries()) {
      if (isCorrelation(source)) {
        visit(nodeOf(node.rule, source, { parent: { node, input }, events, families }))
        continue
      }
      const known = selections.get(source)
      if (known === undefined) selections.set(source, { condition: source, targets: [targetOf(node, input)] })
      else known.targets.push(targetOf(node, input))
    }
  }
  for (const rule of rules) visit(nodeOf(rule, rule.correlation, { parent: null, events, families }))
  return { nodes, selections: [...selections.values()], hitFields: hitFieldsOf(nodes) }
}

interface Family {
  readonly at: number
  slots: number
}

const familyOf = ({ groupBy }: Correlation, families: Map<string, Family>): Family => {
  const signature = JSON.stringify(groupBy.map(({ fields, takesUnknown }) => [[...new Set(fields)], takesUnknown]))
  const family = families.get(signature) ?? { at: families.size, slots: 0 }
  families.set(signature, family)
  family.slots += 1
  return family
}

const isCorrelation = (source: Input['source']): source is Correlation => 'inputs' in source

const nodeOf = (
  rule: Rule,
  correlation: Correlation,
  {
    parent,
    events,
    families,
  }: {
    readonly parent: RuleNode['parent']
    readonly events: EventFields<CallFact>
    readonly families: Map<string, Family>
  },
): RuleNode => {
  const family = familyOf(correlation, families)
  const kept = correlation.inputs.reduce((mask, input, at) => (input.role === 'aside' ? mask : mask | (1 << at)), 0)
  const inherited =
    parent === null
      ? sentenceFields(rule.sentence)
      : [...parent.node.fields, ...parent.node.correlation.groupBy.map((group) => group.fields[parent.input] ?? '')]
  const fields = [...new Set([...inherited, ...logicFields(correlation)])]
  const read = [...fields, ...correlation.groupBy.flatMap((group) => group.fields)]
  return {
    key: parent === null ? rule.id : `${parent.node.key}\u0001${parent.input}`,
    rule,
    correlation,
    parent,
    depth: parent === null ? 0 : parent.node.depth + 1,
    family: family.at,
    slot: family.slots - 1,
    isLive: rule.isProvisional,
    memberMask: memberMaskOf(correlation),
    keptMask: kept,
    fields,
    readers: new Map(read.flatMap((name) => readerOf(name, events))),
    countedMax: countedMaxOf([
      ...('bounds' in correlation.logic ? correlation.logic.bounds : []),
      ...rule.severitySteps.flatMap((step) => step.bounds),
    ]),
  }
}

const readerOf = (name: string, events: EventFields<CallFact>) => {
  const reader = events.reader(name)
  return reader === null ? [] : [[name, reader] as const]
}

const logicFields = ({ logic }: Correlation): readonly string[] =>
  'fields' in logic ? logic.fields : 'field' in logic ? [logic.field] : []

const newGrouping = (node: RuleNode, input: number, at: number): Grouping => ({
  at,
  fields: node.correlation.groupBy.map(({ fields, takesUnknown }) => ({
    read: node.readers.get(fields[input] ?? '') ?? (() => undefined),
    takesUnknown,
  })),
})

/** The group that a call belongs to; null if a field that it is grouped by is unknown. */
export const groupOf = (grouping: Grouping, call: CallFact): string | null => {
  let group = call.realm
  for (const { read, takesUnknown } of grouping.fields) {
    const text = valueText(read(call))
    if (text === '' && !takesUnknown) return null
    group += `\u0000${text}`
  }
  return group
}

/** The group of the outer correlation that a hit of an inner one belongs to. */
export const outerGroupOf = ({ node, input }: NonNullable<RuleNode['parent']>, hit: Hit): string | null => {
  let group = hit.realm
  for (const { fields, takesUnknown } of node.correlation.groupBy) {
    const text = valueText(hit.fields[fields[input] ?? ''])
    if (text === '' && !takesUnknown) return null
    group += `\u0000${text}`
  }
  return group
}

/** The key of a group's watch. */
export const watchKey = (node: RuleNode, group: string): string => `${node.key}\u0000${group}`

/** The group of a watch by its key. */
export const groupOfKey = (node: RuleNode, key: string): string => key.slice(node.key.length + 1)

/** A field that some correlation keeps of a call. */
export interface HitField {
  readonly name: string
  readonly read: (call: CallFact) => FieldValue
}

const hitFieldsOf = (nodes: readonly RuleNode[]): readonly HitField[] => {
  const readers = new Map<string, HitField['read']>()
  for (const { fields, readers: own } of nodes) {
    for (const name of fields) readers.set(name, own.get(name) ?? (() => undefined))
  }
  return [...readers].map(([name, read]) => ({ name, read }))
}

/**
 * The hits of one call by the inputs that it matches. All correlations that it matches in the same way share one, with
 * every field that any of them keeps.
 */
export const createHits = (call: CallFact, hitFields: readonly HitField[]): ((mask: number) => Hit) => {
  const made: Hit[] = []
  let fields: Record<string, FieldValue> | null = null
  return (mask) => {
    const known = made.find((hit) => hit.mask === mask)
    if (known !== undefined) return known
    if (fields === null) {
      fields = {}
      for (const { name, read } of hitFields) fields[name] = read(call)
    }
    const hit = hitOf(call, mask, fields)
    made.push(hit)
    return hit
  }
}

const hitOf = (call: CallFact, mask: number, fields: Hit['fields']): Hit => ({
  id: call.id,
  timeUs: call.timeUs,
  mask,
  realm: call.realm,
  sessionId: call.sessionId,
  agentId: call.agentId,
  agentName: call.agentName,
  userId: call.userId,
  userEmail: call.userEmail,
  clientName: call.clientName,
  fields,
  proof: noProof,
})

const noProof: Hit['proof'] = []

/** A hit with the fields that one correlation keeps: what a snapshot holds for as long as a window. */
export const trimHit = (node: RuleNode, hit: Hit): Hit => {
  const fields: Record<string, FieldValue> = {}
  for (const name of node.fields) fields[name] = hit.fields[name]
  return { ...hit, fields }
}
