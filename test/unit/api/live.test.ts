import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { LiveFeed } from '../../../src/api/live.ts'
import { healthyStatus } from '../../fakes/read-model.ts'
import { openApi } from './open-api.ts'

describe('LiveFeed', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const reads = (text: unknown) => String(text).match(/event: status\n/g)?.length ?? 0

  test('sends the status at once and then every second', async () => {
    const feed = new LiveFeed({ status: healthyStatus })
    const client = feed.open()
    expect(client?.read().toString()).toContain(`event: status\ndata: ${JSON.stringify(healthyStatus())}\n\n`)
    vi.advanceTimersByTime(3000)
    expect(reads(client?.read())).toBe(3)
    feed.close()
  })

  test('works for nobody when nobody is there', async () => {
    const status = vi.fn(healthyStatus)
    const feed = new LiveFeed({ status })
    const client = feed.open()
    client?.destroy()
    if (client !== null) await once(client, 'close')
    vi.advanceTimersByTime(5000)
    expect(status).toHaveBeenCalledTimes(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('leaves out messages for a client that does not read', () => {
    const feed = new LiveFeed({ status: healthyStatus })
    const client = feed.open()
    vi.advanceTimersByTime(3_600_000)
    expect((client?.readableLength ?? 0) + (client?.writableLength ?? 0)).toBeLessThan(200_000)
    feed.close()
  })

  test('has a bound on clients', () => {
    const feed = new LiveFeed({ status: healthyStatus, clientsMax: 2 })
    expect(feed.open()).not.toBeNull()
    expect(feed.open()).not.toBeNull()
    expect(feed.open()).toBeNull()
    feed.close()
  })
})

test('closing the server ends its live pages', async () => {
  const api = await openApi()
  const url = await api.listen({ host: '127.0.0.1', port: 0 })
  const response = await fetch(`${url}/api/v1/live`)
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const text = response.text()
  await api.close()
  expect(await text).toContain('event: status\n')
})
