import type { RuleNode, Target } from './rule-node.ts'

/** Inputs of one correlation that a call matches, within one group. */
export interface Matched {
  readonly node: RuleNode
  readonly group: string
  mask: number
}

/** Adds one more input that a call matches. */
export const addMatch = (matched: Matched[], { node, input }: Target, group: string): void => {
  for (const known of matched) {
    if (known.node !== node || known.group !== group) continue
    known.mask |= 1 << input
    return
  }
  matched.push({ node, group, mask: 1 << input })
}
