import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { findingsAndResponse } from './findings.ts'
import { fleet } from './fleet.ts'
import type { DashboardOptions } from './frame.ts'
import { pipeline } from './pipeline.ts'
import { servers } from './servers.ts'
import { session } from './session.ts'

/** Every dashboard by the name of its file. Panels are numbered in their order. */
export const dashboards = (options: DashboardOptions): Readonly<Record<string, Dashboard>> =>
  Object.fromEntries(
    Object.entries({ fleet, session, findings: findingsAndResponse, pipeline, servers }).map(([name, create]) => {
      const board = create(options).build()
      return [name, { ...board, panels: (board.panels ?? []).map((panel, index) => ({ ...panel, id: index + 1 })) }]
    }),
  )
