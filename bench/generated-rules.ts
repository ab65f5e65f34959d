import { parseRules } from '../src/detect/parse-rules.ts'
import type { Rule } from '../src/detect/rule.ts'

/** Rules that select little, as teams write them for tools, servers and agents of their own: each kind in turn. */
export const generatedRules = (count: number): readonly Rule[] => {
  const text = Array.from({ length: count }, (_, at) => ruleText(at)).join('---\n')
  const { rules, problems } = parseRules([{ name: 'generated.yaml', text }])
  if (problems.length > 0) throw new Error(problems.map(({ line, message }) => `${line}: ${message}`).join('\n'))
  return rules
}

const selections = [
  (at: number) => `tool: administer_${at}`,
  (at: number) => `tool|startswith: purge_${at}_`,
  (at: number) => `decision: deny\n    tool|contains: [restart_${at}, reset_${at}]`,
  (at: number) => `server: internal-${at}\n    tool|exists: true`,
  (at: number) => `agent.id: agent-${at}\n    decision: deny`,
]

const ruleText = (at: number): string => `title: Generated ${at}
name: generated-${at}
level: low
correlation:
  type: event_count
  rules: [selected-${at}]
  group-by: [agent, principal]
  timespan: 10m
  condition: { gte: 5 }
---
title: Selected ${at}
name: selected-${at}
logsource: { category: agent_activity }
detection:
  selection:
    ${(selections[at % selections.length] as (at: number) => string)(at)}
  condition: selection
`
