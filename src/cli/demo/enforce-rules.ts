import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The rules of `demo --enforce`: one may revoke at once, one has to wait, one is mistaken. */
export const enforceRules: readonly { readonly name: string; readonly text: string }[] = [
  {
    name: 'demo-refused-administration.yaml',
    text: `title: Refused administration
id: 5f2b6c1e-8a40-4f0e-9d57-31c0a7be9e01
name: demo-refused-administration
level: high
correlation:
  type: event_count
  rules: [demo-refused-admin]
  group-by: [agent, principal]
  timespan: 1m
  condition: { gte: 3 }
agenttrail:
  confidence: 0.9
  eager: true
  response: [flag, revoke]
  sentence: "{who} was refused administration {count} times within {timespan}[, last {tool}]."
  tests:
    fires: [{ name: three times, calls: [{ repeat: 3, every: 1s, tool: add_collaborator, decision: deny, decisionBasis: explicit }] }]
    quiet: [{ name: twice, calls: [{ repeat: 2, every: 1s, tool: add_collaborator, decision: deny, decisionBasis: explicit }] }]
---
title: Refused call of an administrator's tool
name: demo-refused-admin
logsource: { category: agent_activity }
detection:
  selection:
    decision: deny
    decisionBasis: explicit
    tool: [add_collaborator, transfer_repository, update_branch_protection]
  condition: selection
`,
  },
  {
    name: 'demo-refused-queries.yaml',
    text: `title: Refused queries
id: 5f2b6c1e-8a40-4f0e-9d57-31c0a7be9e02
name: demo-refused-queries
level: high
correlation:
  type: event_count
  rules: [demo-refused-query]
  group-by: [agent, principal]
  timespan: 1m
  condition: { gte: 4 }
agenttrail:
  confidence: 0.9
  response: [flag, revoke]
  sentence: "{who} was refused {count} queries within {timespan}."
  tests:
    fires: [{ name: four times, calls: [{ repeat: 4, every: 1s, tool: query, decision: deny }] }]
    quiet: [{ name: three times, calls: [{ repeat: 3, every: 1s, tool: query, decision: deny }] }]
---
title: Refused query
name: demo-refused-query
logsource: { category: agent_activity }
detection:
  selection:
    decision: deny
    tool: query
  condition: selection
`,
  },
  {
    name: 'demo-unjudged-exports.yaml',
    text: `title: Exports that no policy judged
id: 5f2b6c1e-8a40-4f0e-9d57-31c0a7be9e03
name: demo-unjudged-exports
level: high
correlation:
  type: event_count
  rules: [demo-unjudged-export]
  group-by: [agent, principal]
  timespan: 1m
  condition: { gte: 3 }
agenttrail:
  confidence: 0.9
  response: [flag, revoke]
  sentence: "{who} made {count} exports within {timespan} that no policy judged."
  tests:
    fires: [{ name: three times, calls: [{ repeat: 3, every: 1s, tool: export_report, decision: not_evaluated }] }]
    quiet: [{ name: judged, calls: [{ repeat: 3, every: 1s, tool: export_report, decision: allow }] }]
---
title: Export that no policy judged
name: demo-unjudged-export
logsource: { category: agent_activity }
detection:
  selection:
    decision: not_evaluated
    tool: export_report
  condition: selection
`,
  },
]

/** A directory that holds these rules and nothing else, until `remove`. */
export const writeEnforceRules = (): { readonly dir: string; readonly remove: () => void } => {
  const dir = mkdtempSync(join(tmpdir(), 'agenttrail-demo-rules-'))
  for (const { name, text } of enforceRules) writeFileSync(join(dir, name), text)
  return { dir, remove: () => rmSync(dir, { recursive: true }) }
}
