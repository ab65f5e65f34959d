import { describe, expect, it } from 'vitest'
import { Analyser } from '../../../src/analyse/analyser.ts'
import { Realm } from '../../../src/analyse/realm.ts'
import type { ActivityEvent } from '../../../src/event/event.ts'
import { makeEvent } from '../../fakes/events.ts'
import { MemorySink } from '../../simulation/memory-store.ts'

const startMs = makeEvent().timeUs / 1000
const gate = { layer: 'gateway', product: 'gate' } as const
const access = { kind: 'access', method: '', decision: 'not_evaluated' } as const

/** A realm that has seen calls pass these layers, all final by now, at 20 minutes after the start. */
const realmWith = (layers: readonly Partial<ActivityEvent>[]) => {
  const sink = new MemorySink()
  const { activation } = new Analyser({ decode: () => [], sink, onEffect: () => undefined })
  const realm = new Realm({ name: 'default', sink, onEffect: () => undefined, tickMs: startMs })
  realm.activate(activation)
  let tickMs = startMs
  let mark = 0
  const see = (id: string, parts: readonly Partial<ActivityEvent>[]): void => {
    for (const [at, part] of parts.entries()) {
      realm.event(makeEvent({ eventId: `${id}.${at}`, httpRequestId: id, timeUs: tickMs * 1000, ...part }), tickMs)
    }
  }
  const pass = (ms: number): void => {
    tickMs += ms
    realm.tick(tickMs, activation)
  }
  /** How many calls a mark now writes. */
  const write = (): number => {
    mark += 1
    realm.mark(mark)
    return sink.seal(mark).find(({ table }) => table === 'calls')?.rows.length ?? 0
  }
  for (let at = 0; at < 20; at += 1) see(`learned-${at}`, layers)
  for (let minute = 0; minute < 20; minute += 1) pass(60_000)
  write()
  return { see, pass, write }
}

describe('settling', () => {
  it('waits five seconds for a layer that usually sees the calls of a route', () => {
    const { see, pass, write } = realmWith([{}, access, gate])
    see('r', [{}, access])
    expect(write()).toBe(0)
    pass(4_000)
    expect(write()).toBe(0)
    pass(1_000)
    expect(write()).toBe(1)
  })

  it('writes a call once, at once when the last of them is in', () => {
    const { see, write } = realmWith([{}, access, gate])
    see('r', [{}, access])
    expect(write()).toBe(0)
    see('r', [{ ...gate, eventId: 'r.g' }])
    expect(write()).toBe(1)
  })

  it('waits for nobody where the proxy is alone', () => {
    const { see, write } = realmWith([{}, access])
    see('r', [{}, access])
    expect(write()).toBe(1)
  })
})
