import { useEffect, useState } from 'preact/hooks'
import { type Live, useLive, useThrottled } from './live.ts'
import { Overview } from './overview.tsx'
import { hrefOf, noFilters, useRoute } from './route.ts'
import { SessionView } from './session-view.tsx'
import { SignedIn } from './sign-in.tsx'
import { StatusStrip } from './status-strip.tsx'

/** Lists are read again this often at most, however much comes in. */
const refreshEveryMs = 1500

export const App = () => {
  const live = useLive()
  const route = useRoute()
  const revision = useThrottled(live.revision, refreshEveryMs)
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to content
      </button>
      <Header live={live} />
      <StatusStrip live={live} />
      <main id="main" tabIndex={-1}>
        {route.view === 'overview' ? (
          <Overview filters={route.filters} revision={revision} />
        ) : (
          <SessionView key={route.id} id={route.id} finding={route.finding} revision={revision} />
        )}
      </main>
    </>
  )
}

const Header = ({ live }: { readonly live: Live }) => (
  <header class="header">
    <a class="brand" href={hrefOf({ view: 'overview', filters: noFilters })}>
      <Logo />
      agenttrail
    </a>
    <span class="header-note">What your agents did, for whom, and what they were refused</span>
    <SignedIn />
    <Connection live={live} />
  </header>
)

const Logo = () => (
  <svg class="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <path d="M6 24c6 0 4-8 10-8s4-8 10-8" />
    <circle cx="6" cy="24" r="3" />
    <circle cx="16" cy="16" r="3" />
    <circle class="logo-end" cx="26" cy="8" r="3" />
  </svg>
)

const Connection = ({ live }: { readonly live: Live }) => {
  // The first half second is no news.
  const [isPatient, setPatient] = useState(true)
  useEffect(() => {
    const timer = setTimeout(() => setPatient(false), 800)
    return () => clearTimeout(timer)
  }, [])
  const isLost = !live.isConnected && !isPatient
  return (
    <span class={`connection ${isLost ? 'connection-lost' : ''}`} role="status">
      <span class="dot" aria-hidden="true" />
      {isLost ? 'Reconnecting…' : 'Live'}
    </span>
  )
}
