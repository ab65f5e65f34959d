import type { PageContent } from './page-content.ts'

/** Where a page leads to. */
export interface PageLinks {
  /** Address by which people reach the server, without a slash at its end. */
  readonly publicUrl: string
  /** Address of the folder with the runbooks; null where they are only in the documentation. */
  readonly runbookUrl: string | null
}

const textCharsMax = 500

/**
 * Text that an attacker may have chosen as one harmless line: no line breaks or control characters, nothing that turns the
 * direction of writing, and no address that a reader's program would make a link of.
 */
export const plainLine = (text: string, charsMax = textCharsMax): string => {
  const line = text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replaceAll('://', '[:]//')
    .trim()
  return line.length <= charsMax ? line : `${line.slice(0, charsMax - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}

/** What a page says, in pieces that each target puts together in its own way. Every piece is one plain line. */
export interface PageText {
  /** Fits a phone's lock screen. */
  readonly summary: string
  readonly text: string
  readonly who: string
  readonly response: readonly string[]
  /** What to type now. */
  readonly steps: readonly string[]
  readonly sessionUrl: string
  readonly runbook: string
}

export const pageText = (page: PageContent, links: PageLinks): PageText => {
  const agent = plainLine(page.agent, 120) || 'an unknown agent'
  const user = plainLine(page.user, 120)
  const who = user === '' ? agent : `${agent} for ${user}`
  return {
    summary: plainLine(`[${page.severity}] ${page.title}: ${who}`, 200),
    text: plainLine(page.text),
    who,
    response: page.response.map((line) => plainLine(line, 300)),
    steps: stepsOf(page),
    sessionUrl:
      page.sessionId === '' ? links.publicUrl : `${links.publicUrl}/#/sessions/${encodeURIComponent(page.sessionId)}`,
    runbook: links.runbookUrl === null ? `docs/runbooks/${page.runbook}.md` : `${links.runbookUrl}/${page.runbook}.md`,
  }
}

/** Commands with ids of ours only: nobody should paste what an attacker wrote into a shell. */
const stepsOf = ({ sessionId, state, response }: PageContent): readonly string[] => {
  if (!/^[\w-]+$/.test(sessionId)) return ['See what happened: agenttrail findings']
  const isRevoked = response.some((line) => line.startsWith('revoke ') && !/: (dryRun|refused|failed)/.test(line))
  return [
    `See what it did: agenttrail session ${sessionId}`,
    isRevoked
      ? `It is a false alarm: agenttrail restore ${sessionId} --reason "false alarm"`
      : `Stop it: agenttrail revoke ${sessionId} --reason "…"`,
    ...(state === 'provisional' ? ['It may still be withdrawn within minutes, as later evidence comes in.'] : []),
  ]
}
