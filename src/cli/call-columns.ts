import { decisionPaint, nameOf, shortTime } from './cells.ts'
import type { CallShape } from './shapes.ts'
import type { Column } from './table.ts'

/** A call as a line of a table: what was asked, and what each layer decided. */
export const callColumns = (now: Date): readonly Column<CallShape>[] => [
  { title: 'TIME', of: (call) => shortTime(call.time, now) },
  { title: 'AGENT', of: (call) => nameOf(call.agent.name, call.agent.id), widthMin: 10 },
  { title: 'USER', of: (call) => nameOf(call.user.email, call.user.id), widthMin: 8 },
  { title: 'SERVER', of: (call) => nameOf(call.server), widthMin: 8 },
  { title: 'ASKED FOR', of: (call) => nameOf(call.tool, call.method), widthMin: 12 },
  {
    title: 'DECISION',
    of: (call) => call.decision,
    style: (call, style) => decisionPaint(call.decision)(style),
  },
  { title: 'LAYERS', of: layersText, widthMin: 16 },
  { title: 'OUTCOME', of: (call) => call.outcome },
  {
    title: 'FINDINGS',
    of: (call) => (call.findings.length === 0 ? '' : String(call.findings.length)),
    align: 'right',
    style: (_, style) => style.red,
  },
]

/** `proxy allow (domain-ok), gateway deny (…)`; a layer that decides nothing is left out. */
const layersText = (call: CallShape): string =>
  call.layers
    .filter((layer) => layer.decision !== 'not_evaluated')
    .map(
      (layer) =>
        `${layer.layer} ${layer.decision}${layer.reasons.length === 0 ? '' : ` (${layer.reasons.join(', ')})`}`,
    )
    .join(', ')
