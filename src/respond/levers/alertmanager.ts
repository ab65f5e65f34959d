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

const severities: readonly Severity[] = ['info', 'low', 'medium', 'high', 'critical']

/** Pages by Alertmanager's API v2. It knows an alert by its labels: incident and severity, by which it is routed. */
export const createAlertmanagerLever = ({ name, url, links, now }: AlertmanagerDeps): Lever =>
  createPageLever(name, ({ page, isResolved }) => {
    // An incident that got worse is another alert, and the one before it is over.
    const over = severities.slice(0, isResolved ? undefined : severities.indexOf(page.severity))
    const endsAt = (ended: boolean): string => new Date(ended ? now() : page.untilMs).toISOString()
    const alert = (severity: Severity, ended: boolean) => ({
      labels: labelsOf(page, severity),
      annotations: annotationsOf(page, links),
      generatorURL: pageText(page, links).sessionUrl,
      startsAt: new Date(page.timeMs).toISOString(),
      endsAt: endsAt(ended),
    })
    const alerts = [
      ...(isResolved ? [] : [alert(page.severity, false)]),
      ...over.map((severity) => alert(severity, true)),
    ]
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
