import { type DynamicConfigValue, MappingType, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'

const colors = {
  // Decisions.
  allow: 'green',
  deny: 'red',
  modify: 'yellow',
  escalate: 'orange',
  indeterminate: 'purple',
  not_evaluated: 'text',
  // Severities.
  critical: 'dark-red',
  high: 'red',
  medium: 'orange',
  low: 'yellow',
  informational: 'blue',
  // How sessions and actions stand.
  active: 'green',
  ended: 'text',
  flagged: 'orange',
  revoking: 'orange',
  unconfirmed: 'dark-orange',
  revoked: 'red',
  verified: 'green',
  enforced: 'green',
  accepted: 'blue',
  requested: 'yellow',
  proposed: 'yellow',
  dryRun: 'purple',
  refused: 'red',
  failed: 'dark-red',
  expired: 'text',
  undone: 'text',
  // What people say of findings.
  open: 'orange',
  acknowledged: 'blue',
  truePositive: 'red',
  falsePositive: 'text',
  // How calls ended.
  success: 'green',
  tool_error: 'orange',
  protocol_error: 'orange',
  denied: 'red',
  timeout: 'dark-orange',
  cancelled: 'text',
  failure: 'dark-red',
  unknown: 'text',
} as const

/** One color per word on every dashboard, so that red means the same everywhere. */
export const wordColors: ValueMapping = {
  type: MappingType.ValueToText,
  options: Object.fromEntries(Object.entries(colors).map(([word, color], index) => [word, { color, index }])),
}

/** For a table's column whose cells are such words. */
export const coloredWords: DynamicConfigValue[] = [
  { id: 'mappings', value: [wordColors] },
  { id: 'custom.cellOptions', value: { type: 'color-text' } },
]

/** For a graph's line or bar that is named after such a word. */
export const colorOf = (word: keyof typeof colors): DynamicConfigValue[] => [
  { id: 'color', value: { mode: 'fixed', fixedColor: colors[word] } },
]
