import type { ComponentChildren, RefObject } from 'preact'
import { StatusBadge } from './badges.tsx'
import { countText, dateText, durationText, plural } from './format.ts'
import type { SessionDetail } from './session-view.tsx'
import { Text } from './text.tsx'
import { visible } from './visible.ts'
import { agentBasisWord, basisWord } from './words.ts'

interface FactsProps {
  readonly session: SessionDetail
  readonly titleRef: RefObject<HTMLHeadingElement | null>
}

export const SessionFacts = ({ session, titleRef }: FactsProps) => {
  const { agent, user, client } = session
  const lengthMs = Date.parse(session.end) - Date.parse(session.start)
  const clientText = [client.name, client.version].filter((part) => part !== '').join(' ')
  return (
    <header class="facts">
      <div class="facts-title">
        <h1 ref={titleRef} tabIndex={-1}>
          <Text value={agent.name || agent.id} otherwise="Unidentified agent" class="wraps" />
        </h1>
        <StatusBadge status={session.status} />
      </div>
      <dl>
        <Fact name="For">
          <Text value={user.email || user.id} otherwise="no user" />
        </Fact>
        <Fact name="Agent known by">{visible(agentBasisWord(agent.basis)) || 'nothing'}</Fact>
        <Fact name="Client">
          <Text value={clientText} otherwise="unknown" />{' '}
          <span class="muted">
            <Text value={client.address} />
          </span>
        </Fact>
        <Fact name="Servers">
          <Text value={session.servers.join(', ')} otherwise="unknown" />
        </Fact>
        <Fact name="Calls">
          {countText(session.calls)}
          {session.denies > 0 && <span class="tone-bad"> ({countText(session.denies)} denied)</span>}
        </Fact>
        <Fact name="Held together by">
          {visible(basisWord(session.basis))}, {Math.round(session.confidence * 100)} % confidence
        </Fact>
        <Fact name="Began">
          <time dateTime={session.start}>{dateText(session.start)}</time>
          <span class="muted"> for {durationText(lengthMs)}</span>
        </Fact>
        <Fact name="Session">
          <Text value={session.explicitId || session.id} class="mono" />
          {session.aliases.length > 0 && <span class="muted"> and {plural(session.aliases.length, 'former id')}</span>}
        </Fact>
      </dl>
    </header>
  )
}

const Fact = ({ name, children }: { readonly name: string; readonly children: ComponentChildren }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
)
