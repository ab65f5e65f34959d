import { useRef, useState } from 'preact/hooks'
import type { SessionShape } from '../../src/api/read-model.ts'
import { StatusBadge } from './badges.tsx'
import { agoText, countText, dateText, plural } from './format.ts'
import { useNow } from './live.ts'
import { hrefOf } from './route.ts'
import { Text } from './text.tsx'
import { visible } from './visible.ts'
import { agentBasisWord, basisWord } from './words.ts'

interface ListProps {
  readonly sessions: readonly SessionShape[]
  readonly isFiltered: boolean
}

/**
 * Sessions, newest first. Rows change in place; new ones join at once only while nobody points at, has focus in or has
 * scrolled past the list, so that nothing moves under a reader's eyes.
 */
export const SessionList = ({ sessions, isFiltered }: ListProps) => {
  const now = useNow()
  const frame = useRef<HTMLDivElement>(null)
  const [shownIds, setShownIds] = useState<readonly string[]>(() => sessions.map((session) => session.id))
  const byId = new Map(sessions.map((session) => [session.id, session]))
  const shown = shownIds.flatMap((id) => byId.get(id) ?? [])
  const isSame = shown.length === sessions.length && shown.every((session, index) => session === sessions[index])
  if (!isSame && !isInUse(frame.current)) {
    setShownIds(sessions.map((session) => session.id))
  }
  const waiting = sessions.filter((session) => !shownIds.includes(session.id)).length
  const showAll = () => setShownIds(sessions.map((session) => session.id))

  return (
    <div ref={frame}>
      <p class="waiting" role="status">
        {waiting > 0 && (
          <button type="button" class="pill" onClick={showAll}>
            Show {plural(waiting, 'new session')}
          </button>
        )}
      </p>
      {shown.length === 0 ? (
        <p class="panel-note">{isFiltered ? 'No session matches. Clear the filters to see all.' : 'No session yet.'}</p>
      ) : (
        <table class="sessions">
          <thead>
            <tr>
              <th scope="col">Agent</th>
              <th scope="col" class="col-user">
                For
              </th>
              <th scope="col" class="col-calls">
                Calls
              </th>
              <th scope="col" class="col-tools">
                Tools
              </th>
              <th scope="col" class="col-basis">
                Held together by
              </th>
              <th scope="col" class="col-status">
                Status
              </th>
              <th scope="col" class="col-seen">
                Last seen
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((session) => (
              <SessionRow key={session.id} session={session} now={now} />
            ))}
          </tbody>
        </table>
      )}
    </div>
  )
}

const isInUse = (frame: HTMLElement | null): boolean =>
  frame !== null &&
  (frame.querySelector('tbody:hover') !== null ||
    frame.querySelector('tbody')?.contains(document.activeElement) === true ||
    frame.getBoundingClientRect().top < 0)

const SessionRow = ({ session, now }: { readonly session: SessionShape; readonly now: number }) => (
  <tr class={session.findings.length > 0 ? 'has-findings' : ''}>
    <th scope="row">
      <a href={hrefOf({ view: 'session', id: session.id, finding: '' })}>
        <Text value={session.agent.name || session.agent.id} otherwise="Unidentified agent" />
      </a>
      <span class="sub" title={`Named by: ${agentBasisWord(session.agent.basis) || 'nothing'}`}>
        <Text
          value={[session.client.name, session.client.version].filter((part) => part !== '').join(' ')}
          otherwise="unknown client"
        />
      </span>
    </th>
    <td>
      <Text value={session.user.email || session.user.id} otherwise="no user" />
      <span class="sub">
        <Text value={session.servers.join(', ')} otherwise="no server" />
      </span>
    </td>
    <td class="col-calls">
      <span class="number">{countText(session.calls)}</span>
      <DenyShare calls={session.calls} denies={session.denies} />
    </td>
    <td class="col-tools">
      <Tools tools={session.tools} />
    </td>
    <td class="col-basis">
      {visible(basisWord(session.basis)) || '–'}
      <span class="sub">{Math.round(session.confidence * 100)} % confidence</span>
    </td>
    <td class="col-status">
      <StatusBadge status={session.status} />
      <span class="sub">{session.findings.length > 0 ? plural(session.findings.length, 'finding') : ''}</span>
    </td>
    <td class="col-seen">
      <time dateTime={session.end} title={dateText(session.end)}>
        {agoText(Date.parse(session.end), now)}
      </time>
    </td>
  </tr>
)

const DenyShare = ({ calls, denies }: { readonly calls: number; readonly denies: number }) => (
  <>
    <progress class="share" max={Math.max(1, calls)} value={denies} aria-hidden="true" />
    <span class={`sub ${denies > 0 ? 'tone-bad' : ''}`}>
      {denies === 0 ? 'none denied' : `${countText(denies)} denied`}
    </span>
  </>
)

/** Two lines of names, the count of the others after the second. */
const Tools = ({ tools }: { readonly tools: readonly string[] }) => {
  const [first = '', second = '', ...others] = tools
  return (
    <span class="chips" title={tools.map(visible).join(', ')}>
      {first !== '' && <Text value={first} class="chip" />}
      <span class="chip-row">
        {second !== '' && <Text value={second} class="chip" />}
        {others.length > 0 && <span class="chip-more">+{others.length}</span>}
      </span>
    </span>
  )
}
