import { useEffect, useRef, useState } from 'preact/hooks'
import type { ActionShape, CallShape, FindingShape, Page, SessionShape } from '../../src/api/read-model.ts'
import { plural } from './format.ts'
import { Problem } from './problem.tsx'
import { usePages, useResource } from './resource.ts'
import { hrefOf, noFilters, queryOf, replaceRoute } from './route.ts'
import { SessionFacts } from './session-facts.tsx'
import { SessionFindings } from './session-findings.tsx'
import { Text } from './text.tsx'
import { Timeline } from './timeline.tsx'
import { visible } from './visible.ts'

interface SessionViewProps {
  readonly id: string
  /** The finding whose calls stand out; `''` = none. */
  readonly finding: string
  readonly revision: string
}

export type SessionDetail = SessionShape & { readonly actions: readonly ActionShape[] }

const callsPerPage = '500'

/** One session: what it is, what was found in it, and every call with what each layer said. */
export const SessionView = ({ id, finding, revision }: SessionViewProps) => {
  const [pages, setPages] = useState(1)
  const path = `/api/v1/sessions/${encodeURIComponent(id)}`
  const session = useResource<SessionDetail>(path, revision)
  const timeline = usePages<CallShape>(`${path}/timeline?limit=${callsPerPage}`, pages, revision)
  const findingsQuery = queryOf({ session: session.data?.id ?? id, limit: '100' })
  const findings = useResource<Page<FindingShape>>(`/api/v1/findings${findingsQuery}`, revision)
  const title = useRef<HTMLHeadingElement>(null)
  const name = session.data?.agent.name || session.data?.agent.id || ''
  useEffect(() => {
    document.title = name === '' ? 'agenttrail' : `${visible(name)} – agenttrail`
    if (name !== '') title.current?.focus({ preventScroll: true })
  }, [name])

  const proof = findings.data?.items.find((each) => each.id === finding)
  const choose = (chosen: string) => replaceRoute({ view: 'session', id, finding: chosen === finding ? '' : chosen })
  if (session.isMissing) return <Missing id={id} />
  return (
    <article class="session">
      <BackLink />
      <Problem text={session.problem || timeline.problem} isOld={session.data !== null} />
      {session.data !== null && <SessionFacts session={session.data} titleRef={title} />}
      <SessionFindings
        findings={findings.data?.items ?? []}
        actions={session.data?.actions ?? []}
        chosen={finding}
        choose={choose}
      />
      {timeline.data !== null && (
        <Timeline calls={timeline.data.items} proof={proof?.calls ?? []} proofOf={proof === undefined ? '' : finding} />
      )}
      {typeof timeline.data?.nextCursor === 'string' && (
        <p class="panel-note">
          <button type="button" class="pill" onClick={() => setPages(pages + 1)}>
            Show later calls
          </button>{' '}
          {plural(timeline.data.items.length, 'call')} shown of {session.data?.calls ?? 'more'}
        </p>
      )}
    </article>
  )
}

const BackLink = () => (
  <a class="back" href={hrefOf({ view: 'overview', filters: noFilters })}>
    ← All sessions
  </a>
)

const Missing = ({ id }: { readonly id: string }) => (
  <section class="empty">
    <h1>There is no such session</h1>
    <p>
      Nothing is stored under <Text value={id} class="mono wraps" />. It may be older than what is kept.
    </p>
    <BackLink />
  </section>
)
