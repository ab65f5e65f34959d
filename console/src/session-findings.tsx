import type { ActionShape, FindingShape } from '../../src/api/read-model.ts'
import { FindingState, SeverityBadge } from './badges.tsx'
import { plural } from './format.ts'
import { Text } from './text.tsx'
import { visible } from './visible.ts'
import { actionStateWord } from './words.ts'

interface SessionFindingsProps {
  readonly findings: readonly FindingShape[]
  readonly actions: readonly ActionShape[]
  readonly chosen: string
  readonly choose: (finding: string) => void
}

/** What was found in the session and what was done about it; choosing a finding marks the calls that prove it. */
export const SessionFindings = ({ findings, actions, chosen, choose }: SessionFindingsProps) =>
  findings.length === 0 ? null : (
    <section class="session-findings" aria-label="Findings in this session">
      {findings.map((finding) => (
        <div key={finding.id} class={`finding-card ${finding.id === chosen ? 'finding-chosen' : ''}`}>
          <p class="finding-head">
            <SeverityBadge severity={finding.severity} />
            <FindingState state={finding.state} shadow={finding.shadow} />
          </p>
          <h2>
            <Text value={finding.ruleTitle || finding.ruleId} class="wraps" />
          </h2>
          <p class="finding-text">
            <Text value={finding.explanation.text} class="wraps" />
          </p>
          <Actions actions={actions.filter((action) => action.findingId === finding.id)} />
          <button type="button" class="pill" aria-pressed={finding.id === chosen} onClick={() => choose(finding.id)}>
            {finding.id === chosen
              ? 'Hide the proof'
              : `Show the ${plural(finding.calls.length, 'call')} that prove it`}
          </button>
        </div>
      ))}
    </section>
  )

const Actions = ({ actions }: { readonly actions: readonly ActionShape[] }) =>
  actions.length === 0 ? null : (
    <ul class="actions">
      {actions.map((action) => (
        <li key={action.id}>
          <strong>{visible(action.kind)}</strong> {visible(actionStateWord(action.state))}
          <span class="muted">
            {' '}
            by <Text value={action.lever || action.by} />
            {action.evidencePending ? ', evidence not stored yet' : ''}
          </span>
        </li>
      ))}
    </ul>
  )
