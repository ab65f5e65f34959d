import { describe, expect, it } from 'vitest'
import { Directory } from '../../../src/correlate/directory.ts'
import { Logins } from '../../../src/correlate/logins.ts'
import { Standings } from '../../../src/correlate/standings.ts'
import { type Actor, noActor } from '../../../src/correlate/view.ts'
import { makeEvent, secondUs } from '../../fakes/events.ts'

const startUs = makeEvent().timeUs
const of = (standings: Standings, part: Partial<Actor>, timeUs = startUs) =>
  standings.of({ ...noActor, userId: 'mira', ...part }, timeUs, '')

const makeStandings = () => {
  const logins = new Logins()
  return { logins, standings: new Standings({ realm: 'default', logins }) }
}

describe('Standings', () => {
  it('knows an agent by whatever authenticated layers call it, and tells how', () => {
    const { standings } = makeStandings()
    standings.use(
      new Directory({ agents: [{ id: 'triage', name: 'Triage bot', identities: ['client-1', 'sa-1', 'alias-1'] }] }),
    )
    const triage = { agentId: 'triage', agentName: 'Triage bot', agentBasis: 'config' }
    for (const part of [{ oauthClientId: 'client-1' }, { serviceAccountId: 'sa-1' }, { agentName: 'alias-1' }]) {
      expect(of(standings, part).agent).toEqual(triage)
    }
    expect(of(standings, { oauthClientId: 'client-2' }).agent.agentBasis).toBe('oauth_client')
    // What a client says of itself is no identity.
    expect(of(standings, { clientName: 'client-1', userAgent: 'sa-1' }).agent.agentId).toBe('')
  })

  it('knows it by the client behind its login, too', () => {
    const { logins, standings } = makeStandings()
    standings.use(new Directory({ agents: [{ id: 'triage', name: '', identities: ['client-1'] }] }))
    logins.learn(makeEvent({ kind: 'auth', authSessionId: 'login', oauthClientId: 'client-1' }))
    expect(of(standings, { authSessionId: 'login' }).agent).toMatchObject({ agentId: 'triage', agentName: 'triage' })
  })

  it('moves clients that open an MCP session for every call down the ladder', () => {
    const { standings } = makeStandings()
    const session = { mcpSessionId: 'm', authSessionId: 'login', clientName: 'chat' }
    expect(of(standings, session).rung.basis).toBe('mcp_session')
    standings.use(new Directory({ sessionPerCallClients: ['chat'] }))
    expect(of(standings, session).rung.basis).toBe('login_session')
    expect(of(standings, { ...session, clientName: 'other' }).rung.basis).toBe('mcp_session')
    expect(of(standings, { ...session, explicitSessionId: 'run' }).rung.basis).toBe('explicit')
  })

  it('takes the first rung that applies', () => {
    const { standings } = makeStandings()
    const steps: [Partial<Actor>, string][] = [
      [{ explicitSessionId: 'e', mcpSessionId: 'm', authSessionId: 'l' }, 'explicit'],
      [{ mcpSessionId: 'm', authSessionId: 'l' }, 'mcp_session'],
      [{ authSessionId: 'l', serviceAccountId: 's' }, 'login_session'],
      [{ serviceAccountId: 's' }, 'service_account'],
      [{}, 'user_client'],
      [{ userId: '', clientAddress: '198.51.100.1' }, 'address'],
      [{ userId: '' }, 'none'],
    ]
    const rungs = steps.map(([part]) => of(standings, part).rung)
    expect(rungs.map(({ basis }) => basis)).toEqual(steps.map(([, basis]) => basis))
    const confidence = rungs.map((rung) => rung.confidenceMilli)
    expect(confidence).toEqual([...confidence].sort((a, b) => b - a))
  })

  it('looks again where a later token of the login may name another client', () => {
    const { logins, standings } = makeStandings()
    const actor = { ...noActor, userId: 'mira', authSessionId: 'login' }
    logins.learn(makeEvent({ kind: 'auth', authSessionId: 'login', oauthClientId: 'a', timeUs: startUs }))
    expect(standings.of(actor, startUs, '').agent.agentId).toBe('client:a/mira')
    logins.learn(
      makeEvent({ kind: 'auth', authSessionId: 'login', oauthClientId: 'b', timeUs: startUs + 60 * secondUs }),
    )
    expect(standings.of(actor, startUs + 60 * secondUs, '').agent.agentId).toBe('')
    expect(standings.of(actor, startUs, '').agent.agentId).toBe('client:a/mira')
  })
})
