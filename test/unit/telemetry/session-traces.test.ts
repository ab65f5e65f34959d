import { describe, expect, it } from 'vitest'
import type { SessionStory } from '../../../src/telemetry/session-spans.ts'
import { type EndedSession, SessionTraces } from '../../../src/telemetry/session-traces.ts'

const ended = (count: number): readonly EndedSession[] =>
  Array.from({ length: count }, (_none, index) => ({ realm: 'default', id: `s${index}` }))

const create = (options: { readonly code?: () => number; readonly ended?: readonly (readonly EndedSession[])[] }) => {
  const sent: string[] = []
  const warnings: (readonly [object, string])[] = []
  const rounds = [...(options.ended ?? [])]
  const traces = new SessionTraces({
    endedSessions: async () => rounds.shift() ?? [],
    story: async ({ realm, id }) => ({ realm, session: { id } }) as unknown as SessionStory,
    spans: ({ session }) => [session.id] as never,
    exporter: {
      export: (spans, done) => {
        sent.push(String(spans[0]))
        done({ code: options.code?.() ?? 0 })
      },
      shutdown: async () => {},
    },
    log: { warn: (fields, message) => warnings.push([fields, message]) },
    everyMs: 1,
  })
  return { traces, sent, warnings }
}

describe('sending', () => {
  it('takes each session once, oldest first', async () => {
    const { traces, sent } = create({ ended: [ended(3), []] })
    await traces.round()
    await traces.round()
    expect(sent).toEqual(['s0', 's1', 's2'])
  })

  it('tries one session a round while the endpoint is down, and gives it up after five', async () => {
    const { traces, sent, warnings } = create({ ended: [ended(2)], code: () => 1 })
    for (let round = 0; round < 5; round += 1) await traces.round()
    expect(sent).toEqual(['s0', 's0', 's0', 's0', 's0'])
    expect(warnings.at(-1)).toEqual([{ dropped: 1 }, 'session traces dropped'])
    await traces.round()
    expect(sent.at(-1)).toBe('s1')
  })

  it('goes on where it was when the endpoint is back', async () => {
    let code = 1
    const { traces, sent } = create({ ended: [ended(2)], code: () => code })
    await traces.round()
    code = 0
    await traces.round()
    expect(sent).toEqual(['s0', 's0', 's1'])
  })

  it('lets only so many wait', async () => {
    const { traces, warnings } = create({ ended: [ended(10_050)], code: () => 1 })
    await traces.round()
    expect(warnings).toContainEqual([{ dropped: 50 }, 'session traces dropped'])
  })

  it('outlives a store that cannot be read', async () => {
    const { traces, sent } = create({ ended: [ended(1)] })
    const broken = new SessionTraces({
      endedSessions: () => Promise.reject(new Error('away')),
      story: async () => null,
      spans: () => [],
      exporter: { export: () => {}, shutdown: async () => {} },
      log: { warn: () => {} },
      everyMs: 1,
    })
    await broken.round()
    await traces.round()
    expect(sent).toEqual(['s0'])
  })
})
