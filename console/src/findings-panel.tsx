import type { FindingShape } from '../../src/api/read-model.ts'
import { FindingState, SeverityBadge } from './badges.tsx'
import { agoText, dateText, plural } from './format.ts'
import { useNow } from './live.ts'
import { hrefOf } from './route.ts'
import { Text } from './text.tsx'

export const FindingsPanel = ({ findings }: { readonly findings: readonly FindingShape[] }) => {
  const now = useNow()
  if (findings.length === 0) return <p class="panel-note">Nothing found. Rules look at every call as it comes in.</p>
  return (
    <ul class="findings">
      {findings.map((finding) => (
        <li key={finding.id} class={`finding ${finding.state === 'withdrawn' ? 'finding-withdrawn' : ''}`}>
          <p class="finding-head">
            <SeverityBadge severity={finding.severity} />
            <FindingState state={finding.state} shadow={finding.shadow} />
            <time dateTime={finding.time} title={dateText(finding.time)}>
              {agoText(Date.parse(finding.time), now)}
            </time>
          </p>
          <a class="finding-title" href={hrefOf({ view: 'session', id: finding.sessionId, finding: finding.id })}>
            <Text value={finding.ruleTitle || finding.ruleId} />
          </a>
          <p class="finding-text">
            <Text value={finding.explanation.text} class="wraps" />
          </p>
          <p class="sub">
            {plural(finding.calls.length, 'call')} as proof, {plural(finding.actions.length, 'action')}
          </p>
        </li>
      ))}
    </ul>
  )
}
