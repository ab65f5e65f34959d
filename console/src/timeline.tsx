import { useEffect, useRef, useState } from 'preact/hooks'
import type { CallShape } from '../../src/api/read-model.ts'
import { countText } from './format.ts'
import { TimelineRow } from './timeline-row.tsx'
import { layerWord } from './words.ts'

interface TimelineProps {
  readonly calls: readonly CallShape[]
  /** Ids of the calls that stand out. */
  readonly proof: readonly string[]
  /** The finding that they prove; a change of it scrolls to the first of them. */
  readonly proofOf: string
}

/** Every call in order, with a column for each layer: what one allowed, another may have refused. */
export const Timeline = ({ calls, proof, proofOf }: TimelineProps) => {
  const [isDeniedOnly, setDeniedOnly] = useState(false)
  const body = useRef<HTMLTableSectionElement>(null)
  const proving = new Set(proof)
  const shown = isDeniedOnly ? calls.filter((call) => call.decision === 'deny' || proving.has(call.id)) : calls
  const layers = layersOf(calls)
  const proofShown = shown.filter((call) => proving.has(call.id)).length
  useEffect(() => {
    if (proofOf !== '') body.current?.querySelector('.proof')?.scrollIntoView({ block: 'center' })
  }, [proofOf])

  return (
    <section class="panel timeline-panel" aria-labelledby="timeline-title">
      <div class="panel-head">
        <h2 id="timeline-title">Timeline</h2>
        <span class="sub" role="status">
          {proofOf === ''
            ? ''
            : `${countText(proofShown)} of ${countText(proof.length)} calls that prove the finding are marked`}
        </span>
        <label class="check">
          <input
            type="checkbox"
            checked={isDeniedOnly}
            onChange={(event) => setDeniedOnly(event.currentTarget.checked)}
          />
          Denied only
        </label>
      </div>
      <table class="timeline">
        <thead>
          <tr>
            <th scope="col" class="col-time">
              Time
            </th>
            <th scope="col">Call</th>
            {layers.map((layer) => (
              <th scope="col" key={layer} class="col-layer">
                {layerWord(layer)}
              </th>
            ))}
            <th scope="col" class="col-outcome">
              Outcome
            </th>
            <th scope="col" class="col-took">
              Took
            </th>
          </tr>
        </thead>
        <tbody ref={body}>
          {shown.map((call) => (
            <TimelineRow key={call.id} call={call} layers={layers} isProof={proving.has(call.id)} />
          ))}
        </tbody>
      </table>
      {shown.length === 0 && <p class="panel-note">No call was denied.</p>}
    </section>
  )
}

/** Proxy and gateway always, side by side; the others only where one of them spoke. */
const layersOf = (calls: readonly CallShape[]): readonly string[] => {
  const seen = new Set(calls.flatMap((call) => call.layers.map((layer) => layer.layer)))
  return ['proxy', 'gateway', ...['server', 'trace'].filter((layer) => seen.has(layer))]
}
