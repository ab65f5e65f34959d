import type { PipelineStatus } from '../api/read-model.ts'

export interface Metric {
  readonly name: string
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly unit: string
  readonly labels: readonly string[]
  readonly help: string
}

export interface Sample {
  readonly value: number
  readonly labels: Readonly<Record<string, string>>
}

/** A metric whose samples are read from `T` when somebody asks. */
export interface ReadMetric<T> extends Metric {
  readonly read: (from: T) => readonly Sample[]
}

const one = (value: number): readonly Sample[] => [{ value, labels: {} }]

type Partition = PipelineStatus['partitions'][number]

const perPartition =
  (read: (partition: Partition) => number) =>
  (status: PipelineStatus): readonly Sample[] =>
    status.partitions.map((partition) => ({
      value: read(partition),
      labels: { partition: String(partition.partition) },
    }))

const storeStates = ['up', 'down', 'starting'] as const

/** What is read from the pipeline's status, in the order of `docs/metrics.md`. */
export const statusMetrics: readonly ReadMetric<PipelineStatus>[] = [
  {
    name: 'agenttrail_records_total',
    kind: 'counter',
    unit: '',
    labels: ['format', 'outcome'],
    help: 'Records read, each with one end: stored, ignored, duplicate or rejected.',
    read: ({ records }) =>
      Object.entries(records).flatMap(([format, counts]) =>
        Object.entries(counts).map(([outcome, value]) => ({ value, labels: { format, outcome } })),
      ),
  },
  {
    name: 'agenttrail_log_end',
    kind: 'gauge',
    unit: '',
    labels: ['partition'],
    help: 'Position of the newest durable entry of the log.',
    read: perPartition(({ logEnd }) => logEnd),
  },
  {
    name: 'agenttrail_analysed_position',
    kind: 'gauge',
    unit: '',
    labels: ['partition'],
    help: 'Position of the newest entry that was analysed.',
    read: perPartition(({ analysed }) => analysed),
  },
  {
    name: 'agenttrail_stored_position',
    kind: 'gauge',
    unit: '',
    labels: ['partition'],
    help: 'Position up to which everything is in the store.',
    read: perPartition(({ storedThrough }) => storedThrough),
  },
  {
    name: 'agenttrail_lag_records',
    kind: 'gauge',
    unit: '',
    labels: ['partition'],
    help: 'Records in the log that are not analysed yet.',
    read: perPartition(({ lagRecords }) => lagRecords),
  },
  {
    name: 'agenttrail_lag_seconds',
    kind: 'gauge',
    unit: 's',
    labels: ['partition'],
    help: 'Age of the oldest record that is not analysed yet.',
    read: perPartition(({ lagSeconds }) => lagSeconds),
  },
  {
    name: 'agenttrail_log_used_bytes',
    kind: 'gauge',
    unit: 'By',
    labels: [],
    help: 'Space that the log takes.',
    read: ({ log }) => one(log.usedBytes),
  },
  {
    name: 'agenttrail_log_max_bytes',
    kind: 'gauge',
    unit: 'By',
    labels: [],
    help: 'Space that the log may take; sources are told to wait at 80 % of it.',
    read: ({ log }) => one(log.bytesMax),
  },
  {
    name: 'agenttrail_log_accepts_records',
    kind: 'gauge',
    unit: '',
    labels: [],
    help: '1 while the log takes records from sources, else 0.',
    read: ({ log }) => one(log.acceptsRecords ? 1 : 0),
  },
  {
    name: 'agenttrail_store_state',
    kind: 'gauge',
    unit: '',
    labels: ['state'],
    help: '1 for the state that the store is in, 0 for the others.',
    read: ({ store }) => storeStates.map((state) => ({ value: store.state === state ? 1 : 0, labels: { state } })),
  },
  {
    name: 'agenttrail_store_restarts_total',
    kind: 'counter',
    unit: '',
    labels: [],
    help: 'How often the embedded engine had to be started again.',
    read: ({ store }) => one(store.restarts),
  },
  {
    name: 'agenttrail_disk_used_bytes',
    kind: 'gauge',
    unit: 'By',
    labels: [],
    help: "What is used of the store's disk, or by our tables where the budget is a size.",
    read: ({ space }) => one(space.usedBytes),
  },
  {
    name: 'agenttrail_disk_budget_bytes',
    kind: 'gauge',
    unit: 'By',
    labels: [],
    help: 'What of it may be used: above, the oldest payloads are removed.',
    read: ({ space }) => one(space.budgetBytes),
  },
  {
    name: 'agenttrail_retention_removed_bytes_total',
    kind: 'counter',
    unit: 'By',
    labels: ['reason'],
    help: 'Stored bytes that were removed, for their age or because the disk was too full.',
    read: ({ space }) =>
      ['age', 'disk'].map((reason) => ({ value: space.removedBytes[reason] ?? 0, labels: { reason } })),
  },
  {
    name: 'agenttrail_late_events_total',
    kind: 'counter',
    unit: '',
    labels: [],
    help: 'Events that came after the lateness bound.',
    read: ({ analyser }) => one(analyser.lateEvents),
  },
  {
    name: 'agenttrail_limit_reached_total',
    kind: 'counter',
    unit: '',
    labels: ['limit'],
    help: 'What happened at bounds on what is in memory.',
    read: ({ analyser }) =>
      Object.entries(analyser.limitsReached).map(([limit, value]) => ({ value, labels: { limit } })),
  },
  {
    name: 'agenttrail_calls_live',
    kind: 'gauge',
    unit: '',
    labels: [],
    help: 'Calls that later evidence can still change.',
    read: ({ analyser }) => one(analyser.callsLive),
  },
  {
    name: 'agenttrail_sessions_live',
    kind: 'gauge',
    unit: '',
    labels: [],
    help: 'Sessions that later calls can still join.',
    read: ({ analyser }) => one(analyser.sessionsLive),
  },
  {
    name: 'agenttrail_snapshot_position',
    kind: 'gauge',
    unit: '',
    labels: [],
    help: 'Position of the newest snapshot: a restart replays the log from there.',
    read: ({ analyser }) => one(analyser.lastSnapshotPosition),
  },
  {
    name: 'agenttrail_snapshot_pause_max_seconds',
    kind: 'gauge',
    unit: 's',
    labels: [],
    help: 'Longest stop of the analyser for a snapshot, since the start.',
    read: ({ analyser }) => one(analyser.snapshotPauseMs / 1000),
  },
  {
    name: 'agenttrail_stage_cpu_seconds_total',
    kind: 'counter',
    unit: 's',
    labels: ['stage'],
    help: "CPU time of the analyser's thread: decode, analyse, seal, snapshot, other.",
    read: ({ analyser }) =>
      Object.entries(analyser.stageSeconds).map(([stage, value]) => ({ value, labels: { stage } })),
  },
]

/** What is not read from the status. */
export const metricTable = {
  httpRequestDuration: {
    name: 'agenttrail_http_request_duration_seconds',
    kind: 'histogram',
    unit: 's',
    labels: ['route', 'method', 'status'],
    help: 'Time to answer HTTP requests.',
  },
  eventLoopDelay: {
    name: 'agenttrail_event_loop_delay_seconds',
    kind: 'gauge',
    unit: 's',
    labels: ['statistic'],
    help: 'Delay of the event loop since the last reading: median, 99th percentile, maximum.',
  },
  memory: {
    name: 'agenttrail_process_resident_bytes',
    kind: 'gauge',
    unit: 'By',
    labels: [],
    help: 'Resident memory of this process.',
  },
  cpu: {
    name: 'agenttrail_process_cpu_seconds_total',
    kind: 'counter',
    unit: 's',
    labels: [],
    help: 'CPU time that this process used.',
  },
} as const satisfies Record<string, Metric>
