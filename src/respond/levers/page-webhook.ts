import { Webhook } from 'standardwebhooks'
import { idempotencyKey } from '../effect.ts'
import type { Lever } from '../lever.ts'
import { type PageLinks, pageText, plainLine } from '../page-text.ts'
import { createPageLever } from './page-lever.ts'

export interface PageWebhookDeps {
  readonly name: string
  readonly url: string
  /** Of Standard Webhooks: base64, with or without `whsec_` before it. */
  readonly secret: string
  readonly links: PageLinks
  readonly now: () => number
}

/** Pages whatever understands Standard Webhooks: signed, and with one id however often it is sent. */
export const createPageWebhookLever = ({ name, url, secret, links, now }: PageWebhookDeps): Lever => {
  const webhook = new Webhook(secret)
  return createPageLever(name, ({ effect, page, isResolved }) => {
    const { summary, text, response, steps, sessionUrl, runbook } = pageText(page, links)
    const at = new Date(now())
    const id = idempotencyKey(effect)
    const { agent, user, title, ended, timeMs, untilMs, ...ids } = page
    const body = JSON.stringify({
      type: isResolved ? 'agenttrail.page.resolved' : 'agenttrail.page.open',
      timestamp: at.toISOString(),
      data: {
        ...ids,
        dedupKey: page.incidentId,
        time: new Date(timeMs).toISOString(),
        until: new Date(untilMs).toISOString(),
        title: plainLine(title),
        agent: plainLine(agent),
        user: plainLine(user),
        ended: plainLine(ended),
        summary,
        text,
        response,
        steps,
        sessionUrl,
        runbook,
      },
    })
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': webhook.sign(id, at, body),
    }
    return { url, headers, body }
  })
}
