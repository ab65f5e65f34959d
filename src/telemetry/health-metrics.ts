import type { ReadMetric, Sample } from './metric-table.ts'

/** What a source brought in since the start, as the intake saw it. */
export interface SourceActivity {
  readonly realm: string
  readonly source: string
  readonly records: number
  /** Seconds since 1970. */
  readonly lastRecordAt: number
}

/** What a source's newest stored events say. */
export interface SourceEvents {
  readonly realm: string
  readonly source: string
  /** How far event times lie beyond the time of receipt, at most. */
  readonly aheadSeconds: number
  /** Between event and receipt, as the median. */
  readonly delaySeconds: number
  readonly decisions: number
  readonly accesses: number
}

/** What is asked of things outside the pipeline's own status. */
export interface HealthReadings {
  /** Null while there was no snapshot yet. */
  readonly snapshotAgeSeconds: number | null
  readonly sources: readonly SourceActivity[]
  /** Null before the first reading. */
  readonly storeAnswers: boolean | null
  readonly events: readonly SourceEvents[]
  readonly actions: readonly { readonly kind: string; readonly state: string; readonly count: number }[]
  /** Seconds from an action's proposal to what it reached. */
  readonly responseTimes: readonly {
    readonly kind: string
    readonly milestone: string
    readonly p50: number
    readonly p99: number
    readonly max: number
  }[]
  /** How each lever and page target did since the start. */
  readonly levers: readonly LeverReading[]
}

export interface LeverReading {
  readonly lever: string
  readonly answers: Readonly<Record<string, number>>
  readonly retries: number
  readonly isBroken: boolean
}

const perSource =
  <T extends { readonly realm: string; readonly source: string }>(
    list: (readings: HealthReadings) => readonly T[],
    read: (source: T) => number,
  ) =>
  (readings: HealthReadings): readonly Sample[] =>
    list(readings).map((each) => ({ value: read(each), labels: { realm: each.realm, source: each.source } }))

const optional = (value: number | null): readonly Sample[] => (value === null ? [] : [{ value, labels: {} }])

/** In the order of `docs/metrics.md`. */
export const healthMetrics: readonly ReadMetric<HealthReadings>[] = [
  {
    name: 'agenttrail_snapshot_age_seconds',
    kind: 'gauge',
    unit: 's',
    labels: [],
    help: 'Age of the newest snapshot. It grows where no records come in, for then none is needed.',
    read: ({ snapshotAgeSeconds }) => optional(snapshotAgeSeconds),
  },
  {
    name: 'agenttrail_source_records_total',
    kind: 'counter',
    unit: '',
    labels: ['realm', 'source'],
    help: 'Records that a source brought in, before anybody reads them.',
    read: perSource(
      ({ sources }) => sources,
      ({ records }) => records,
    ),
  },
  {
    name: 'agenttrail_source_last_record_timestamp_seconds',
    kind: 'gauge',
    unit: 's',
    labels: ['realm', 'source'],
    help: 'When a source last brought a record in, since the start.',
    read: perSource(
      ({ sources }) => sources,
      ({ lastRecordAt }) => lastRecordAt,
    ),
  },
  {
    name: 'agenttrail_store_answers',
    kind: 'gauge',
    unit: '',
    labels: [],
    help: '1 where the store answered the last question of this kind, asked once a minute, else 0.',
    read: ({ storeAnswers }) => optional(storeAnswers === null ? null : Number(storeAnswers)),
  },
  {
    name: 'agenttrail_source_clock_ahead_seconds',
    kind: 'gauge',
    unit: 's',
    labels: ['realm', 'source'],
    help: "How far the times of a source's events of the last five minutes lie in the future, at most.",
    read: perSource(
      ({ events }) => events,
      ({ aheadSeconds }) => aheadSeconds,
    ),
  },
  {
    name: 'agenttrail_source_delay_seconds',
    kind: 'gauge',
    unit: 's',
    labels: ['realm', 'source'],
    help: "Median time from a source's event to its receipt, in the last five minutes.",
    read: perSource(
      ({ events }) => events,
      ({ delaySeconds }) => delaySeconds,
    ),
  },
  {
    name: 'agenttrail_source_decision_events',
    kind: 'gauge',
    unit: '',
    labels: ['realm', 'source'],
    help: 'Decisions among the events that a source brought in the last five minutes.',
    read: perSource(
      ({ events }) => events,
      ({ decisions }) => decisions,
    ),
  },
  {
    name: 'agenttrail_source_access_events',
    kind: 'gauge',
    unit: '',
    labels: ['realm', 'source'],
    help: 'Access lines among the events that a source brought in the last five minutes: as many as decisions, about.',
    read: perSource(
      ({ events }) => events,
      ({ accesses }) => accesses,
    ),
  },
  {
    name: 'agenttrail_recent_actions',
    kind: 'gauge',
    unit: '',
    labels: ['kind', 'state'],
    help: 'Actions of the last 24 hours by how they stand now.',
    read: ({ actions }) => actions.map(({ kind, state, count }) => ({ value: count, labels: { kind, state } })),
  },
  {
    name: 'agenttrail_response_seconds',
    kind: 'gauge',
    unit: 's',
    labels: ['kind', 'milestone', 'statistic'],
    help: 'Time from proposed to requested, accepted, enforced and verified of the actions of the last 24 hours.',
    read: ({ responseTimes }) =>
      responseTimes.flatMap(({ kind, milestone, ...statistics }) =>
        Object.entries(statistics).map(([statistic, value]) => ({ value, labels: { kind, milestone, statistic } })),
      ),
  },
  {
    name: 'agenttrail_lever_answers_total',
    kind: 'counter',
    unit: '',
    labels: ['lever', 'answer'],
    help: 'What levers and page targets said: accepted, enforced or failed.',
    read: ({ levers }) =>
      levers.flatMap(({ lever, answers }) =>
        Object.entries(answers).map(([answer, value]) => ({ value, labels: { lever, answer } })),
      ),
  },
  {
    name: 'agenttrail_lever_retries_total',
    kind: 'counter',
    unit: '',
    labels: ['lever'],
    help: 'Attempts beyond the first, because a lever or page target could not be reached or asked for patience.',
    read: ({ levers }) => levers.map(({ lever, retries }) => ({ value: retries, labels: { lever } })),
  },
  {
    name: 'agenttrail_lever_broken',
    kind: 'gauge',
    unit: '',
    labels: ['lever'],
    help: '1 while a lever or page target is left alone because it failed again and again, else 0.',
    read: ({ levers }) => levers.map(({ lever, isBroken }) => ({ value: isBroken ? 1 : 0, labels: { lever } })),
  },
]
