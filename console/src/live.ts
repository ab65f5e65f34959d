import { useEffect, useRef, useState } from 'preact/hooks'
import type { PipelineStatus } from '../../src/api/read-model.ts'
import { addReading, type Reading } from './rates.ts'
import { fetchJson } from './resource.ts'

export interface Live {
  /** null until the server first spoke. */
  readonly status: PipelineStatus | null
  readonly readings: readonly Reading[]
  readonly isConnected: boolean
  /** Changes when the store may hold something new. */
  readonly revision: string
}

/** What the server says of itself, once a second; the browser reconnects by itself. */
export const useLive = (): Live => {
  const [live, setLive] = useState<Omit<Live, 'revision'>>({ status: null, readings: [], isConnected: false })
  useEffect(() => {
    const source = new EventSource('/api/v1/live')
    source.addEventListener('status', (event) => {
      const status = JSON.parse(event.data) as PipelineStatus
      setLive(({ readings }) => ({
        status,
        readings: addReading(readings, { atMs: Date.now(), records: status.records }),
        isConnected: true,
      }))
    })
    source.addEventListener('error', () => {
      setLive((before) => ({ ...before, isConnected: false }))
      // An answer that is no stream ends it for good; who may not look any more is shown where to sign in.
      if (source.readyState === EventSource.CLOSED) void fetchJson('/api/v1/me').catch(() => null)
    })
    return () => source.close()
  }, [])
  return { ...live, revision: revisionOf(live.status) }
}

const revisionOf = (status: PipelineStatus | null): string =>
  status === null ? '' : `${status.store.state} ${status.partitions.map((each) => each.storedThrough).join(' ')}`

/** The time, a few times a minute: enough for "2 min ago". */
export const useNow = (): number => {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 5000)
    return () => clearInterval(timer)
  }, [])
  return now
}

/** `value`, but at most one change in `everyMs`; the last one always comes. */
export const useThrottled = <T>(value: T, everyMs: number): T => {
  const [shown, setShown] = useState(value)
  const changedMs = useRef(0)
  useEffect(() => {
    const timer = setTimeout(
      () => {
        changedMs.current = Date.now()
        setShown(value)
      },
      Math.max(0, changedMs.current + everyMs - Date.now()),
    )
    return () => clearTimeout(timer)
  }, [value, everyMs])
  return shown
}
