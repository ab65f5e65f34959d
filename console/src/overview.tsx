import { useEffect } from 'preact/hooks'
import type { FindingShape, Page, SessionShape } from '../../src/api/read-model.ts'
import { EmptyState } from './empty-state.tsx'
import { FindingsPanel } from './findings-panel.tsx'
import { Problem } from './problem.tsx'
import { useResource } from './resource.ts'
import { noFilters, queryOf, type SessionFilters } from './route.ts'
import { SessionFiltersBar } from './session-filters-bar.tsx'
import { SessionList } from './session-list.tsx'

interface OverviewProps {
  readonly filters: SessionFilters
  readonly revision: string
}

const sessionsShown = '200'
const findingsShown = '50'

/** The first screen: sessions beside findings, both newest first. */
export const Overview = ({ filters, revision }: OverviewProps) => {
  const query = queryOf({ ...filters, limit: sessionsShown })
  const sessions = useResource<Page<SessionShape>>(`/api/v1/sessions${query}`, revision)
  const findings = useResource<Page<FindingShape>>(`/api/v1/findings${queryOf({ limit: findingsShown })}`, revision)
  useEffect(() => {
    document.title = 'agenttrail'
  }, [])

  const isFiltered = queryOf(filters) !== queryOf(noFilters)
  const isEmpty = sessions.data !== null && sessions.data.items.length === 0
  if (isEmpty && !isFiltered && (findings.data?.items.length ?? 0) === 0 && sessions.problem === '')
    return <EmptyState />
  return (
    <div class="overview">
      <section class="panel" aria-labelledby="sessions-title">
        <div class="panel-head">
          <h1 id="sessions-title">Sessions</h1>
          <SessionFiltersBar filters={filters} sessions={sessions.data?.items ?? []} />
        </div>
        <Problem text={sessions.problem} isOld={sessions.data !== null} />
        {sessions.data !== null && (
          <SessionList key={queryOf(filters)} sessions={sessions.data.items} isFiltered={isFiltered} />
        )}
        {typeof sessions.data?.nextCursor === 'string' && (
          <p class="panel-note">The newest {sessionsShown} are shown; narrow the list to see older ones.</p>
        )}
      </section>
      <section class="panel" aria-labelledby="findings-title">
        <div class="panel-head">
          <h1 id="findings-title">Findings</h1>
        </div>
        <Problem text={findings.problem} isOld={findings.data !== null} />
        {findings.data !== null && <FindingsPanel findings={findings.data.items} />}
      </section>
    </div>
  )
}
