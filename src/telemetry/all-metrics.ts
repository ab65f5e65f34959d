import { healthMetrics } from './health-metrics.ts'
import { type Metric, metricTable, statusMetrics } from './metric-table.ts'

/** All metrics of ours; `docs/metrics.md` lists the same. */
export const allMetrics: readonly Metric[] = [...statusMetrics, ...healthMetrics, ...Object.values(metricTable)]
