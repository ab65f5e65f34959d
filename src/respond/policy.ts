import type { Finding } from '../detect/finding.ts'
import { severityRank } from '../detect/match.ts'
import type { Severity } from '../detect/rows.ts'
import type { LeverTraits } from './lever.ts'
import { decisionServiceTraits } from './levers/decision-service.ts'
import type { ActionKind } from './rows.ts'

/** A target that somebody is called by. */
export interface PageTarget {
  readonly name: string
  /** It is called by findings of this severity or a worse one. */
  readonly severityMin: Severity
}

/** What findings bring about, as an operator set it. Part of the activation. */
export interface Policy {
  /** What revokes and holds, the one to try first first. */
  readonly levers: readonly LeverTraits[]
  readonly pages: readonly PageTarget[]
  /** Findings below it do not ask for the kind of action. */
  readonly severityMin: Readonly<Record<ActionKind, Severity>>
  /** How certain it must be that the calls of a session belong together before it is held or revoked, in thousandths. */
  readonly confidenceMilliMin: number
  /** What is done if nobody ends it before. */
  readonly ttlMs: Readonly<Record<'page' | 'hold' | 'revoke', number>>
  /** So long nobody is called again by one rule about one agent, and no rule acts on an agent that was restored. */
  readonly quietMs: number
  /** Not empty: rules hold and revoke nobody else. */
  readonly only: readonly string[]
  /** Rules that bring about something else than their files say. */
  readonly rules: readonly { readonly id: string; readonly response: readonly ActionKind[] }[]
}

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

/** Until an activation says otherwise. */
export const defaultPolicy: Policy = {
  levers: [decisionServiceTraits],
  pages: [],
  severityMin: { flag: 'info', page: 'medium', hold: 'high', revoke: 'high' },
  confidenceMilliMin: 400,
  // A revocation ends by itself: one that nobody remembers would lock an agent out for ever.
  ttlMs: { page: dayMs, hold: 15 * minuteMs, revoke: dayMs },
  quietMs: 30 * minuteMs,
  only: [],
  rules: [],
}

/**
 * What a finding asks for. While it is provisional, only a rule that is declared eager revokes; others hold by what ends by
 * itself. Pages come last, so that they can tell what else is done.
 */
export const kindsOf = (finding: Finding, policy: Policy): readonly ActionKind[] => {
  const asked = policy.rules.find(({ id }) => id === finding.ruleId)?.response ?? finding.response
  const mayRevoke = finding.state === 'final' || finding.isEager
  const kinds = new Set(asked.map((kind) => (kind === 'revoke' && !mayRevoke ? 'hold' : kind)))
  return order.filter((kind) => kinds.has(kind) && isAtLeast(finding.severity, policy.severityMin[kind]))
}

export const isAtLeast = (severity: Severity | undefined, severityMin: Severity): boolean =>
  severity !== undefined && severityRank(severity) >= severityRank(severityMin)

const order: readonly ActionKind[] = ['flag', 'hold', 'revoke', 'page']
