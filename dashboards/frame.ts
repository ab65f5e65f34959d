import { DashboardBuilder, DashboardCursorSync } from '@grafana/grafana-foundation-sdk/dashboard'
import { findingAnnotations, tags, toOtherDashboards, toPage } from './links.ts'
import { agenttrailUrl } from './variables.ts'

export interface DashboardOptions {
  /** Where people reach agenttrail's pages, for links. */
  readonly url: string
}

/** What all dashboards have in common: links, findings as annotations, one cursor over all graphs. */
export const frame = (
  options: DashboardOptions & {
    readonly uid: string
    readonly title: string
    readonly description: string
    readonly from: string
  },
): DashboardBuilder =>
  new DashboardBuilder(`agenttrail / ${options.title}`)
    .uid(`agenttrail-${options.uid}`)
    .description(options.description)
    .tags(tags)
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: options.from, to: 'now' })
    .refresh('30s')
    .readonly()
    .link(toOtherDashboards())
    .link(toPage())
    .withVariable(agenttrailUrl(options.url))
    .annotation(findingAnnotations())
