import type { Severity } from '../../detect/rows.ts'
import type { Lever } from '../lever.ts'
import type { PageContent } from '../page-content.ts'
import { type PageLinks, pageText, plainLine } from '../page-text.ts'
import { createPageLever } from './page-lever.ts'

export interface AlertmanagerDeps {
  readonly name: string
  readonly url: string
  readonly links: PageLinks
  readonly now: () => number
}

/** Pages by Alertmanager's API v2. It knows an alert by its labels: incident and severity, by which it is routed. */
export const createAlertmanagerLever = ({ name, url, links, now }: AlertmanagerDeps): Lever =>
  createPageLever(name, ({ page, isResolved }) => {
    const alert = (severity: Severity, isOver: boolean) => ({
      labels: labelsOf(page, severity),
      annotations: annotationsOf(page, links),
      generatorURL: pageText(page, links).sessionUrl,
      startsAt: new Date(page.timeMs).toISOString(),
      endsAt: new Date(isOver ? now() : page.untilMs).toISOString(),
    })
    // An incident that got worse is another alert, and the one before it is over. One that never fired must not be ended:
    // it would be told as an alert that is over.
    const alerts = [alert(page.severity, isResolved), ...page.severitiesBefore.map((severity) => alert(severity, true))]
    return { url: `${url.replace(/\/$/, '')}/api/v2/alerts`, body: JSON.stringify(alerts) }
  })

const labelsOf = (page: PageContent, severity: Severity) => ({
  alertname: 'AgenttrailIncident',
  incident: page.incidentId,
  realm: page.realm,
  severity,
})

const annotationsOf = (page: PageContent, links: PageLinks) => {
  const text = pageText(page, links)
  return {
    summary: text.summary,
    description: [text.text, ...text.response, ...text.steps].join('\n'),
    agent: plainLine(page.agent),
    user: plainLine(page.user),
    rule: page.ruleId,
    finding: page.findingId,
    session_url: text.sessionUrl,
    runbook_url: text.runbook,
    ...(page.ended === '' ? {} : { ended: plainLine(page.ended) }),
  }
}
