import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Lever } from '../../src/respond/lever.ts'
import { createAlertmanagerLever } from '../../src/respond/levers/alertmanager.ts'
import { createPageWebhookLever } from '../../src/respond/levers/page-webhook.ts'
import { createPagerdutyLever } from '../../src/respond/levers/pagerduty.ts'
import { createSlackLever } from '../../src/respond/levers/slack.ts'
import { type HttpReceiver, type ReceivedRequest, startHttpReceiver } from '../fakes/http-receiver.ts'
import { makePage, makePageEffect } from '../fakes/page-effects.ts'

/*
Goal: every page target opens, updates and resolves one thing for an incident, says what on-call needs, takes a repetition for
what it is, tells trouble that passes from trouble that stays, and lets no text of an attacker become markup.
Method: the same suite for each target, against a receiver that keeps what the target's own product would keep: by labels, by
dedup key, by message id. Slack's webhooks have no key, so there each request is a message.
*/

const links = { publicUrl: 'https://audit.example.com', runbookUrl: 'https://wiki.example.com/runbooks' }
const now = (): number => Date.UTC(2026, 0, 2, 3, 0, 5)
const secret = Buffer.from('a secret of the test').toString('base64')

/** What a receiver has made of requests: what is open, by its own key. */
type Kept = ReadonlyMap<string, string>

interface Target {
  readonly create: (url: string) => Lever
  readonly keep: (requests: readonly ReceivedRequest[]) => Kept
  /** A repetition can be told from something new. */
  readonly hasKeys: boolean
}

const alertsOf = (request: ReceivedRequest) =>
  JSON.parse(request.text) as { labels: Record<string, string>; endsAt: string; annotations: Record<string, string> }[]

const targets: Readonly<Record<string, Target>> = {
  alertmanager: {
    create: (url) => createAlertmanagerLever({ name: 'alertmanager', url: `${url}/`, links, now }),
    hasKeys: true,
    keep: (requests) => {
      const open = new Map<string, string>()
      for (const alert of requests.flatMap(alertsOf)) {
        const key = JSON.stringify(alert.labels)
        if (Date.parse(alert.endsAt) > now()) open.set(key, JSON.stringify(alert))
        else open.delete(key)
      }
      return open
    },
  },
  pagerduty: {
    create: (url) => createPagerdutyLever({ name: 'pagerduty', url, routingKey: 'routing-key-1', links }),
    hasKeys: true,
    keep: (requests) => {
      const open = new Map<string, string>()
      for (const { text } of requests) {
        const event = JSON.parse(text) as { event_action: string; dedup_key: string }
        if (event.event_action === 'trigger') open.set(event.dedup_key, text)
        else open.delete(event.dedup_key)
      }
      return open
    },
  },
  slack: {
    create: (url) => createSlackLever({ name: 'slack', url: `${url}/services/secret-1`, links }),
    hasKeys: false,
    keep: (requests) => {
      const messages = requests.map(({ text }) => text)
      const isOver = messages.at(-1)?.includes('Resolved: ') ?? true
      return new Map(isOver ? [] : messages.map((text, at) => [String(at), text]))
    },
  },
  webhook: {
    create: (url) => createPageWebhookLever({ name: 'webhook', url: `${url}/pages`, secret, links, now }),
    hasKeys: true,
    keep: (requests) => {
      const open = new Map<string, string>()
      const seen = new Set<unknown>()
      for (const { headers, text } of requests) {
        if (seen.has(headers['webhook-id'])) continue
        seen.add(headers['webhook-id'])
        const { type, data } = JSON.parse(text) as { type: string; data: { dedupKey: string } }
        if (type === 'agenttrail.page.open') open.set(data.dedupKey, text)
        else open.delete(data.dedupKey)
      }
      return open
    },
  },
}

const hostile = [
  '<!channel> <https://evil.example|click> *bold* `code` & "quotes"',
  'https://evil.example/login',
  'two\nlines\r\nand \u202eright to left\u202c, \u0007 bell, \u200bnothing',
  '{{ .Labels.severity }} $(rm -rf /)',
].join(' ')

describe.each(Object.entries(targets))('%s', (name, { create, keep, hasKeys }) => {
  let receiver: HttpReceiver
  let lever: Lever
  const signal = new AbortController().signal

  beforeEach(async () => {
    receiver = await startHttpReceiver()
    lever = create(receiver.url)
  })
  afterEach(() => receiver.close())

  const open = () => [...keep(receiver.requests).values()]

  it('opens one thing that tells what happened, who it was, what was done and what to do', async () => {
    const answer = await lever.apply(makePageEffect(name, makePage()), signal)
    expect(answer).toEqual({ state: 'accepted', detail: 'it answered 200' })
    const [text] = open()
    expect(open()).toHaveLength(1)
    for (const part of [
      'Burst of refused calls',
      'refused 12 times within 5 minutes',
      'agent-1',
      'mira@example.com',
      'hold of session:s-1 by decision-service: enforced',
      'agenttrail session s-1',
      'agenttrail revoke s-1',
      'https://audit.example.com/#/sessions/s-1',
      'https://wiki.example.com/runbooks/finding.md',
      'f-incident',
    ]) {
      expect(text).toContain(part)
    }
  })

  it('takes the same effect once', async () => {
    const effect = makePageEffect(name, makePage())
    await lever.apply(effect, signal)
    await lever.apply(effect, signal)
    expect(open()).toHaveLength(hasKeys ? 1 : 2)
    // Nothing but the time of sending differs.
    const [one, other] = receiver.requests.map(({ text }) => text)
    expect(one).toBe(other)
  })

  it('updates what is open, and leaves one thing open', async () => {
    await lever.apply(makePageEffect(name, makePage({ severity: 'medium' })), signal)
    const worse = makePage({
      severity: 'critical',
      severitiesBefore: ['medium'],
      title: 'The hold does not hold',
      state: '',
    })
    await lever.apply(makePageEffect(name, worse, { key: 'a-page:2' }), signal)
    expect(open()).toHaveLength(hasKeys ? 1 : 2)
    expect(open().at(-1)).toContain('The hold does not hold')
    expect(open().at(-1)).toContain('critical')
  })

  it('resolves it and says why', async () => {
    await lever.apply(makePageEffect(name, makePage()), signal)
    const ended = makePage({ ended: 'finding f-1 was withdrawn' })
    const lift = makePageEffect(name, ended, { key: 'a-page:2', operation: 'lift' })
    expect((await lever.lift(lift, signal)).state).toBe('accepted')
    expect(open()).toEqual([])
    expect(receiver.requests.at(-1)?.text).toContain('finding f-1 was withdrawn')
    // What was never opened, or is resolved already, can be resolved.
    expect((await lever.lift(lift, signal)).state).toBe('accepted')
  })

  it('lets no text become markup, a link, a mention or a second line', async () => {
    const page = makePage({ text: hostile, agent: hostile, user: hostile, title: hostile, response: [hostile] })
    await lever.apply(makePageEffect(name, page), signal)
    const strings = stringsOf(JSON.parse(receiver.requests[0]?.text ?? ''))
    for (const text of strings) {
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
      expect(text).not.toContain('://evil')
      // Commands hold ids of ours only.
      if (text.startsWith('agenttrail ')) expect(text).not.toContain('rm -rf')
    }
    expect(strings.join()).toContain('https[:]//evil.example/login')
  })

  it('says that it will not be taken where it never will', async () => {
    receiver.answer = { status: 400, body: 'no such\n key' }
    const answer = await lever.apply(makePageEffect(name, makePage()), signal)
    expect(answer).toEqual({ state: 'failed', detail: 'it answered 400: no such key' })
  })

  it.each([429, 500, 503])('asks to be tried again after %i', async (status) => {
    receiver.answer = { status }
    await expect(lever.apply(makePageEffect(name, makePage()), signal)).rejects.toMatchObject({
      code: 'AGT_LEVER_UNAVAILABLE',
    })
  })

  it('asks to be tried again where nobody answers, and tells no secret', async () => {
    await receiver.close()
    const failed = lever.apply(makePageEffect(name, makePage()), signal)
    await expect(failed).rejects.toMatchObject({
      code: 'AGT_LEVER_UNAVAILABLE',
      message: 'it cannot be reached (ECONNREFUSED)',
    })
    receiver = await startHttpReceiver()
  })

  it('follows no receiver that sends it elsewhere', async () => {
    const elsewhere = await startHttpReceiver()
    receiver.answer = { status: 307, headers: { location: elsewhere.url } }
    await expect(lever.apply(makePageEffect(name, makePage()), signal)).rejects.toThrow('cannot be reached')
    expect(elsewhere.requests).toEqual([])
    await elsewhere.close()
  })

  it('ends a request when it is told to', async () => {
    const abort = new AbortController()
    abort.abort()
    await expect(lever.apply(makePageEffect(name, makePage()), abort.signal)).rejects.toThrow()
    expect(receiver.requests).toEqual([])
  })
})

describe('what only one target has', () => {
  it('is a signature by which a webhook knows us', async () => {
    const receiver = await startHttpReceiver()
    const lever = createPageWebhookLever({ name: 'w', url: receiver.url, secret, links, now: Date.now })
    await lever.apply(makePageEffect('w', makePage()), new AbortController().signal)
    const [request] = receiver.requests
    const headers = request?.headers as Record<string, string>
    expect(new Webhook(secret).verify(request?.text ?? '', headers)).toMatchObject({ type: 'agenttrail.page.open' })
    expect(() => new Webhook(secret).verify(`${request?.text} `, headers)).toThrow('No matching signature')
    await receiver.close()
  })

  it('is Slack text without markup: what an attacker wrote is plain, and the rest is ours', async () => {
    const receiver = await startHttpReceiver()
    const lever = createSlackLever({ name: 's', url: receiver.url, links })
    await lever.apply(makePageEffect('s', makePage({ title: hostile, text: hostile })), new AbortController().signal)
    const message = JSON.parse(receiver.requests[0]?.text ?? '') as {
      text: string
      mrkdwn: boolean
      blocks: { type: string; text?: { type: string }; elements?: { text: string }[] }[]
    }
    expect(message.mrkdwn).toBe(false)
    expect(message.text).toContain('&lt;!channel&gt;')
    expect(message.text).not.toContain('<')
    expect(message.blocks.flatMap(({ text }) => text?.type ?? [])).toEqual(['plain_text', 'plain_text'])
    expect(message.blocks[2]?.elements?.[0]?.text).toBe(
      '<https://audit.example.com/#/sessions/s-1|Session> · <https://wiki.example.com/runbooks/finding.md|Runbook> · incident f-incident',
    )
    await receiver.close()
  })
})

const stringsOf = (value: unknown): readonly string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(stringsOf)
      : []
