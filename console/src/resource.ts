import { useEffect, useState } from 'preact/hooks'
import type { Page } from '../../src/api/read-model.ts'
import { noteSignedOut } from './sign-in.tsx'

/** What a request came to: the last good answer stays while a newer one is awaited or failed. */
export interface Resource<T> {
  readonly data: T | null
  /** One sentence about why there is nothing newer; `''` if there is. */
  readonly problem: string
  readonly isMissing: boolean
}

const retryMs = 3000

/** Loads `url`, again whenever it or `revision` changes. */
export const useResource = <T>(url: string, revision: string): Resource<T> =>
  useLoaded(() => fetchJson<T>(url), [url, revision])

/** The first `pages` pages of a list as one. */
export const usePages = <T>(url: string, pages: number, revision: string): Resource<Page<T>> =>
  useLoaded(async () => {
    let all: Page<T> = { items: [], nextCursor: '' }
    for (let page = 0; page < pages && all.nextCursor !== null; page += 1) {
      const cursor = all.nextCursor === '' ? '' : `&cursor=${encodeURIComponent(all.nextCursor)}`
      const next = await fetchJson<Page<T>>(`${url}${cursor}`)
      all = { items: [...all.items, ...next.items], nextCursor: next.nextCursor }
    }
    return all
  }, [url, String(pages), revision])

const useLoaded = <T>(load: () => Promise<T>, when: readonly string[]): Resource<T> => {
  const [resource, setResource] = useState<Resource<T>>({ data: null, problem: '', isMissing: false })
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    let isCurrent = true
    let retry: ReturnType<typeof setTimeout> | undefined
    const answer = load().then(
      (data) => ({ data, problem: '', isMissing: false }),
      (error: unknown) => ({
        problem: error instanceof Error ? error.message : 'The server gave no answer.',
        isMissing: error instanceof AnswerError && error.status === 404,
      }),
    )
    void answer.then((change) => {
      if (!isCurrent) return
      setResource((before) => ({ ...before, ...change }))
      if (change.problem !== '') retry = setTimeout(() => setAttempt((count) => count + 1), retryMs)
    })
    return () => {
      isCurrent = false
      clearTimeout(retry)
    }
  }, [...when, attempt])
  return resource
}

class AnswerError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export const fetchJson = async <T>(url: string): Promise<T> => {
  const response = await fetch(url, { headers: { accept: 'application/json' } }).catch((cause: unknown) => {
    throw new Error('The server cannot be reached.', { cause })
  })
  const body: unknown = await response.json().catch(() => null)
  if (response.ok) return body as T
  if (response.status === 401) noteSignedOut()
  const detail = typeof body === 'object' && body !== null && 'detail' in body ? String(body.detail) : ''
  throw new AnswerError(response.status, detail || `The server answered ${response.status}.`)
}
