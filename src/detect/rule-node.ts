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

/** A selection of calls and the inputs that it is. */
export interface Selection {
  readonly condition: Condition
  readonly targets: { readonly node: RuleNode; readonly input: number }[]
}

/** The correlations of rules and their selections; a selection that several inputs share is one. */
export const nodesOf = (
  rules: readonly Rule[],
  events: EventFields<CallFact>,
): { readonly nodes: RuleNode[]; readonly selections: Selection[] } => {
  const nodes: RuleNode[] = []
  const selections = new Map<Condition, Selection>()
  const visit = (node: RuleNode): void => {
    nodes.push(node)
    for (const [input, { source }] of node.correlation.inputs.entries()) {
      if (isCorrelation(source)) {
        visit(nodeOf(node.rule, source, { parent: { node, input }, events }))
        continue
      }
      const known = selections.get(source)
      if (known === undefined) selections.set(source, { condition: source, targets: [{ node, input }] })
      else known.targets.push({ node, input })
    }
  }
  for (const rule of rules) visit(nodeOf(rule, rule.correlation, { parent: null, events }))
  return { nodes, selections: [...selections.values()] }
}

const isCorrelation = (source: Input['source']): source is Correlation => 'inputs' in source

const nodeOf = (
  rule: Rule,
  correlation: Correlation,
  { parent, events }: { readonly parent: RuleNode['parent']; readonly events: EventFields<CallFact> },
): RuleNode => {
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

/** The group that a call of an input belongs to; null if a field that it is grouped by is unknown. */
export const groupOf = (
  node: RuleNode,
  input: number,
  of: { readonly realm: string; readonly read: (field: string) => FieldValue },
): string | null => {
  let key = `${node.key}\u0000${of.realm}`
  for (const { fields, takesUnknown } of node.correlation.groupBy) {
    const text = valueText(of.read(fields[input] ?? ''))
    if (text === '' && !takesUnknown) return null
    key += `\u0000${text}`
  }
  return key
}

/** What a correlation keeps of a call. */
export const hitOf = (node: RuleNode, call: CallFact, mask: number): Hit => ({
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
  fields: Object.fromEntries(node.fields.map((field) => [field, node.readers.get(field)?.(call)])),
  proof: [],
})
