import { useState } from 'preact/hooks'

/** One record of our own format, as of now, so that it is no late evidence. */
const recordLine = (now: Date): string =>
  JSON.stringify({
    time: now.toISOString(),
    decision: 'deny',
    principal: { agentId: 'agent:first', agentName: 'first-agent', userEmail: 'you@example.com' },
    session: { explicitId: 'hello' },
    request: { method: 'tools/call', server: 'github', tool: 'delete_branch' },
  })

/** What a newcomer sees before anything came in: how to change that. */
export const EmptyState = () => {
  const [line] = useState(() => recordLine(new Date()))
  const curl = `curl -sS '${window.location.origin}/v1/records?format=agenttrail' \\
  -H 'content-type: application/x-ndjson' \\
  -d '${line}'`
  return (
    <section class="empty">
      <h1>Nothing has come in yet</h1>
      <p>
        Send what your proxy and gateways write, and sessions appear here within seconds. To see one call of one agent,
        paste this into a terminal:
      </p>
      <Command text={curl} />
      <p>
        Or replay two users and four agents, one of them hijacked, from the checkout (it starts a server of its own):
      </p>
      <Command text="npm run demo" />
      <p class="sub">This page is live: it needs no reload.</p>
    </section>
  )
}

const Command = ({ text }: { readonly text: string }) => {
  const [isCopied, setCopied] = useState(false)
  const copy = () => {
    void navigator.clipboard.writeText(text).then(() => {
      setCopied(true)
      setTimeout(() => setCopied(false), 1500)
    })
  }
  return (
    <div class="command">
      <pre>
        <code>{text}</code>
      </pre>
      <button type="button" class="quiet" onClick={copy}>
        {isCopied ? 'Copied' : 'Copy'}
      </button>
    </div>
  )
}
