import type { Lever } from '../lever.ts'
import type { PageContent } from '../page-content.ts'
import { type PageLinks, pageText, plainLine } from '../page-text.ts'
import { createPageLever } from './page-lever.ts'

export interface SlackDeps {
  readonly name: string
  /** The incoming webhook's address: whoever knows it can write there. */
  readonly url: string
  readonly links: PageLinks
}

/** Slack cuts longer ones off, or refuses the message. */
const headerCharsMax = 150
const sectionCharsMax = 2900

/** Pages by a Slack incoming webhook: a message for the page, one for each update, one for its end. */
export const createSlackLever = ({ name, url, links }: SlackDeps): Lever =>
  createPageLever(name, ({ page, isResolved }) => {
    const text = pageText(page, links)
    const title = isResolved ? `Resolved: ${text.summary}` : text.summary
    const message = {
      // What notifications show; with `mrkdwn` off nothing in it becomes a mention or a link.
      text: escapeText(title),
      mrkdwn: false,
      blocks: [
        { type: 'header', text: plain(plainLine(title, headerCharsMax)) },
        { type: 'section', text: plain(isResolved ? plainLine(page.ended) : bodyOf(text)) },
        { type: 'context', elements: [{ type: 'mrkdwn', text: linksOf(page, text, links) }] },
      ],
    }
    return { url, body: JSON.stringify(message) }
  })

/** Text in which Slack sees no formatting, mention, link or emoji, whatever it holds. */
const plain = (text: string) => ({ type: 'plain_text', emoji: false, text: text.slice(0, sectionCharsMax) || ' ' })

/** Slack's own escaping, for the fields that it always reads as its markup. */
const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const bodyOf = ({ text, response, steps }: ReturnType<typeof pageText>): string =>
  [text, '', ...(response.length === 0 ? ['Nothing was done about it.'] : response), '', ...steps].join('\n')

/** Ids and addresses of our own only. */
const linksOf = (page: PageContent, text: ReturnType<typeof pageText>, { runbookUrl }: PageLinks): string => {
  const runbook = runbookUrl === null ? text.runbook : `<${text.runbook}|Runbook>`
  return `<${text.sessionUrl}|Session> · ${runbook} · incident ${escapeText(page.incidentId)}`
}
