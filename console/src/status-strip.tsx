import type { ComponentChildren } from 'preact'
import type { PipelineStatus } from '../../src/api/read-model.ts'
import { bytesText, countText, durationText, plural, rateText } from './format.ts'
import type { Live } from './live.ts'
import { type Reading, ratePerSecond, rateSteps } from './rates.ts'
import { Sparkline } from './sparkline.tsx'
import { Text } from './text.tsx'

/** What comes in and how the parts behind it are. */
export const StatusStrip = ({ live }: { readonly live: Live }) => (
  <section class="strip" aria-label="Pipeline">
    <Incoming status={live.status} readings={live.readings} />
    <Analysis status={live.status} />
    <Store status={live.status} />
    <LogSpace status={live.status} />
  </section>
)

type Tone = 'calm' | 'warn' | 'bad'

interface CellProps {
  readonly label: string
  readonly value: ComponentChildren
  readonly tone?: Tone
  readonly children?: ComponentChildren
}

const Cell = ({ label, value, tone = 'calm', children }: CellProps) => (
  <div class="cell">
    <h2 class="cell-label">{label}</h2>
    <p class={`cell-value tone-${tone}`}>{value}</p>
    <div class="cell-more">{children}</div>
  </div>
)

interface StatusProps {
  readonly status: PipelineStatus | null
}

const outcomeTitles = { stored: 'Stored', ignored: 'Ignored', duplicate: 'Duplicate', rejected: 'Rejected' } as const
const outcomes = ['stored', 'ignored', 'duplicate', 'rejected'] as const

const Incoming = ({ status, readings }: StatusProps & { readonly readings: readonly Reading[] }) => {
  const formats = Object.entries(status?.records ?? {})
  return (
    <div class="cell cell-wide">
      <h2 class="cell-label">Coming in</h2>
      <p class="cell-value">
        <span class="number">{rateText(ratePerSecond(readings))}</span> <small>records a second</small>
        <Sparkline values={rateSteps(readings)} label="Records a second over the last minute" />
      </p>
      {formats.length > 0 && (
        <table class="formats">
          <thead>
            <tr>
              <th scope="col">Format</th>
              {outcomes.map((outcome) => (
                <th scope="col" key={outcome}>
                  {outcomeTitles[outcome]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {formats.map(([format, counts]) => (
              <tr key={format}>
                <th scope="row">
                  <Text value={format} />
                </th>
                {outcomes.map((outcome) => (
                  <td key={outcome} class={outcome === 'rejected' && counts.rejected > 0 ? 'tone-warn' : ''}>
                    {countText(counts[outcome])}{' '}
                    <Rate value={ratePerSecond(readings, (records) => records[format]?.[outcome] ?? 0)} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  )
}

const Rate = ({ value }: { readonly value: number }) => (
  <span class="rate">{value > 0 ? `+${rateText(value)}/s` : ''}</span>
)

const Analysis = ({ status }: StatusProps) => {
  const lagSeconds = Math.max(0, ...(status?.partitions ?? []).map((each) => each.lagSeconds))
  const lagRecords = (status?.partitions ?? []).reduce((sum, each) => sum + each.lagRecords, 0)
  const tone = lagSeconds > 60 ? 'bad' : lagSeconds > 10 ? 'warn' : 'calm'
  const value = lagSeconds < 1 ? 'Up to date' : `${durationText(lagSeconds * 1000)} behind`
  return (
    <Cell label="Analysis" value={status === null ? '–' : value} tone={tone}>
      {plural(lagRecords, 'record')} waiting
      <br />
      {plural(status?.analyser.lateEvents ?? 0, 'late event')}
    </Cell>
  )
}

const storeWords = { up: 'Up', down: 'Down', starting: 'Starting' } as const
const storeTones = { up: 'calm', down: 'bad', starting: 'warn' } as const

const Store = ({ status }: StatusProps) => {
  if (status === null) return <Cell label="Store" value="–" />
  const { kind, state, restarts } = status.store
  return (
    <Cell
      label="Store"
      tone={storeTones[state]}
      value={
        <>
          <span class={`dot dot-${storeTones[state]}`} aria-hidden="true" /> {storeWords[state]}
        </>
      }
    >
      {kind === 'embedded' ? 'Embedded engine' : 'ClickHouse server'}
      <br />
      {state === 'up' ? (restarts === 0 ? 'Never restarted' : plural(restarts, 'restart')) : 'Records wait in the log'}
    </Cell>
  )
}

const LogSpace = ({ status }: StatusProps) => {
  if (status === null) return <Cell label="Log" value="–" />
  const { usedBytes, bytesMax, acceptsRecords } = status.log
  const share = bytesMax === 0 ? 0 : usedBytes / bytesMax
  const tone = acceptsRecords ? (share > 0.6 ? 'warn' : 'calm') : 'bad'
  const value = acceptsRecords ? `${Math.round(share * 100)} % used` : 'Full'
  return (
    <Cell label="Log" value={value} tone={tone}>
      <progress class={`bar bar-${tone}`} max={1} value={share} aria-label="Space of the log in use" />
      {bytesText(usedBytes)} of {bytesText(bytesMax)}
    </Cell>
  )
}
