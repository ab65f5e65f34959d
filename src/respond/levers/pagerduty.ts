import type { Severity } from '../../detect/rows.ts'
import type { Lever } from '../lever.ts'
import { type PageLinks, pageText, plainLine } from '../page-text.ts'
import { createPageLever } from './page-lever.ts'

export interface PagerdutyDeps {
  readonly name: string
  readonly url: string
  readonly routingKey: string
  readonly links: PageLinks
}

const severityOf: Readonly<Record<Severity, string>> = {
  info: 'info',
  low: 'info',
  medium: 'warning',
  high: 'error',
  critical: 'critical',
}

/** Pages by PagerDuty's Events API v2; the incident is the dedup key, so an update changes the open alert. */
export const createPagerdutyLever = ({ name, url, routingKey, links }: PagerdutyDeps): Lever =>
  createPageLever(name, ({ page, isResolved }) => {
    const text = pageText(page, links)
    const isLink = links.runbookUrl !== null
    const event = {
      routing_key: routingKey,
      event_action: isResolved ? 'resolve' : 'trigger',
      dedup_key: page.incidentId,
      client: 'agenttrail',
      client_url: text.sessionUrl,
      links: [
        { href: text.sessionUrl, text: 'Session in agenttrail' },
        ...(isLink ? [{ href: text.runbook, text: 'Runbook' }] : []),
      ],
      payload: {
        summary: text.summary,
        source: 'agenttrail',
        severity: severityOf[page.severity],
        timestamp: new Date(page.timeMs).toISOString(),
        component: plainLine(page.agent, 120),
        group: page.realm,
        class: page.ruleId,
        custom_details: {
          what: text.text,
          who: text.who,
          calls: page.calls,
          done: text.response,
          next: text.steps,
          runbook: text.runbook,
          finding: page.findingId,
          ...(page.ended === '' ? {} : { ended: plainLine(page.ended) }),
        },
      },
    }
    return { url: `${url.replace(/\/$/, '')}/v2/enqueue`, body: JSON.stringify(event) }
  })
