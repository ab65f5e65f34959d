import type { CallShape, LayerShape } from '../../src/api/read-model.ts'
import { clockText, durationText } from './format.ts'
import { Text } from './text.tsx'
import { visible } from './visible.ts'
import { decisionBasisWord, decisionWord, outcomeWord } from './words.ts'

interface RowProps {
  readonly call: CallShape
  readonly layers: readonly string[]
  readonly isProof: boolean
}

export const TimelineRow = ({ call, layers, isProof }: RowProps) => (
  <tr class={`${isProof ? 'proof' : ''} ${call.decision === 'deny' ? 'denied' : ''}`} data-call={call.id}>
    <td class="col-time">
      <time dateTime={call.time} title={call.time}>
        {clockText(call.time)}
      </time>
      {isProof && <span class="proof-mark">proof</span>}
    </td>
    <th scope="row">
      <Text value={call.tool || call.resource || call.method} otherwise="unknown call" class="mono" />
      <span class="sub">
        <Text value={call.server} otherwise="unknown server" />
        {call.method !== 'tools/call' && call.tool !== '' && (
          <>
            , <Text value={call.method} />
          </>
        )}
      </span>
    </th>
    {layers.map((layer) => (
      <td key={layer} class="col-layer">
        <LayerCell said={call.layers.filter((each) => each.layer === layer)} />
      </td>
    ))}
    <td class="col-outcome">
      {visible(outcomeWord(call.outcome))}
      <span class="sub">{call.httpStatus === null ? '' : `HTTP ${call.httpStatus}`}</span>
      {call.disagreements.map((disagreement) => (
        <span key={disagreement} class="sub tone-warn">
          <Text value={disagreement.replaceAll('_', ' ')} />
        </span>
      ))}
    </td>
    <td class="col-took">{call.durationMs === null ? '–' : durationText(call.durationMs)}</td>
  </tr>
)

const marks: Readonly<Record<string, string>> = { allow: '✓', deny: '✕' }
const tones: Readonly<Record<string, string>> = { allow: 'tone-ok', deny: 'tone-bad', not_evaluated: 'muted' }

const LayerCell = ({ said }: { readonly said: readonly LayerShape[] }) => {
  if (said.length === 0) return <span class="muted">Not seen</span>
  return (
    <>
      {said.map((layer) => (
        <div key={layer.eventId}>
          <span class={`decision ${tones[layer.decision] ?? 'tone-warn'}`} title={visible(layer.product)}>
            <span class="mark" aria-hidden="true">
              {marks[layer.decision] ?? '·'}
            </span>
            {visible(decisionWord(layer.decision))}
          </span>
          <span class="sub">
            <Text value={[...layer.reasons, layer.policyId].filter((part) => part !== '').join(' · ')} />
          </span>
          {layer.basis !== '' && layer.basis !== 'explicit' && (
            <span class="sub">{decisionBasisWord(layer.basis)}</span>
          )}
        </div>
      ))}
    </>
  )
}
