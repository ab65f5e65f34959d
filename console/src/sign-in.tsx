import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'

interface Me {
  readonly name: string
  readonly mode: string
}

const signedOut = 'agenttrail-signed-out'

/** Called where an answer says that nobody is signed in (any more). */
export const noteSignedOut = (): void => {
  window.dispatchEvent(new Event(signedOut))
}

/** Shows `children` to who is known to the server, and everybody else where to sign in. */
export const SignInGate = ({ children }: { readonly children: ComponentChildren }) => {
  const [isOut, setOut] = useState<boolean | null>(null)
  useEffect(() => {
    const onSignedOut = (): void => setOut(true)
    window.addEventListener(signedOut, onSignedOut)
    // A server that cannot be reached is the pages' business: they say so and try again.
    void askMe().then((answer) => setOut(answer === 'nobody'))
    return () => window.removeEventListener(signedOut, onSignedOut)
  }, [])
  if (isOut === null) return null
  return isOut ? <SignIn onDone={() => setOut(false)} /> : children
}

const SignIn = ({ onDone }: { readonly onDone: () => void }) => {
  const [problem, setProblem] = useState('')
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const token = new FormData(event.currentTarget as HTMLFormElement).get('token')
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ token: String(token).trim() })
    const answer = await fetch('/api/v1/login', { method: 'POST', headers, body }).catch(() => null)
    if (answer?.ok === true) onDone()
    else setProblem(answer === null ? 'The server cannot be reached.' : await detailOf(answer))
  }
  return (
    <main class="sign-in">
      <h1>agenttrail</h1>
      <form onSubmit={(event) => void submit(event)}>
        <label for="token">Token</label>
        <input id="token" name="token" type="password" autocomplete="current-password" required />
        <button type="submit">Sign in</button>
        <p class="sign-in-problem" role="alert">
          {problem}
        </p>
      </form>
      <p class="muted">
        <code>agenttrail tokens create NAME --role viewer</code> makes one, where the server’s data is.
      </p>
    </main>
  )
}

const detailOf = async (answer: Response): Promise<string> => {
  const body: unknown = await answer.json().catch(() => null)
  return typeof body === 'object' && body !== null && 'detail' in body ? String(body.detail) : 'That did not work.'
}

const askMe = async (): Promise<Me | 'nobody' | null> => {
  const answer = await fetch('/api/v1/me').catch(() => null)
  if (answer?.status === 401) return 'nobody'
  return answer?.ok === true ? ((await answer.json()) as Me) : null
}

/** Who is signed in, with the way out; nothing where everybody may look. */
export const SignedIn = () => {
  const [me, setMe] = useState<Me | null>(null)
  useEffect(() => {
    void askMe().then((answer) => setMe(answer === 'nobody' ? null : answer))
  }, [])
  if (me === null || me.mode === 'none') return null
  const signOut = async (): Promise<void> => {
    await fetch('/api/v1/logout', { method: 'POST' }).catch(() => null)
    noteSignedOut()
  }
  return (
    <span class="signed-in">
      {me.name}{' '}
      <button type="button" onClick={() => void signOut()}>
        Sign out
      </button>
    </span>
  )
}
