import type { Correlator } from '../correlate/correlator.ts'

/** How often each bound of a realm was reached, by the metric's label. */
export const limitsOf = ({
  correlator,
  detector,
  finalForced,
  flows,
}: {
  readonly correlator: Correlator
  readonly detector: { readonly forgotten: number }
  readonly finalForced: number
  readonly flows: { readonly forgotten: number }
}): Readonly<Record<string, number>> => {
  const { remembered, sessions, sharedIdOverflows, usualLayers } = correlator
  return {
    calls_live: finalForced,
    calls_remembered: remembered.forgotten,
    calls_sharing_ids: sharedIdOverflows,
    sessions: sessions.evicted,
    flow_sessions: flows.forgotten,
    usual_layers: usualLayers.ignored,
    watches: detector.forgotten,
  }
}
