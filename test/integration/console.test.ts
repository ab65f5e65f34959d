import { existsSync, readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { type Browser, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openAccess, type Principal } from '../../src/api/access.ts'
import { createApi } from '../../src/api/server.ts'
import { fakeAccess } from '../fakes/access.ts'
import { createFakeReadModel, emptyData, type FakeData, healthyStatus } from '../fakes/read-model.ts'
import { createFakeResponse } from '../fakes/response-control.ts'
import { makeCall, makeSession, sampleData } from '../fakes/sample-data.ts'

// Goal: a newcomer sees what the API knows, live, and nothing that an attacker wrote does anything.
// Method: the built page in a real Chromium against the real API over a fake read model that changes while it is shown.

/** A script for the page: texts whose contrast is below WCAG AA's. */
const lowContrast = readFileSync(new URL('low-contrast.js', import.meta.url), 'utf8')

const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
const isRequired = (process.env['AGENTTRAIL_REQUIRE'] ?? '').split(',').includes('chromium')
if (chromiumPath === undefined && !isRequired) console.log('skipped: the console in a browser (no Chromium here)')

describe.skipIf(chromiumPath === undefined && !isRequired)('the console', () => {
  let browser: Browser
  let api: FastifyInstance
  let url: string
  let page: Page
  let data: FakeData
  let storedThrough = 100
  let token = ''
  const viewer: Principal = { name: 'token:mira', roles: ['viewer'], realms: 'all' }
  const outDir = new URL('../../.cache/console-test/', import.meta.url).pathname

  beforeAll(async () => {
    await build({ configFile: 'console/vite.config.ts', logLevel: 'error', build: { outDir, emptyOutDir: true } })
    if (chromiumPath === undefined) throw new Error('AGENTTRAIL_REQUIRE asks for chromium and there is none')
    browser = await chromium.launch({
      executablePath: chromiumPath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    })
    api = await createApi({
      // As without authentication until a test asks for a token.
      access: {
        get mode() {
          return token === '' ? 'none' : 'tokens'
        },
        identify: (headers) =>
          token === '' ? openAccess.identify(headers) : fakeAccess({ [token]: viewer }).identify(headers),
      },
      readModel: createFakeReadModel(new Proxy(emptyData(), { get: (_, name) => Reflect.get(data, name) })),
      status: () => {
        const status = healthyStatus()
        return { ...status, partitions: status.partitions.map((each) => ({ ...each, storedThrough })) }
      },
      recordRead: async () => undefined,
      requestsPerMinuteMax: 100_000,
      batch: async () => null,
      response: createFakeResponse(),
      decidePlugin: async () => undefined,
      recordsPlugin: async () => {},
      metricsText: async () => ({ contentType: 'text/plain', text: '' }),
      decisionEventSchema: {},
      ruleSchema: {},
      rules: [],
      backtest: async () => null,
      judge: async () => null,
      holdSession: async () => false,
      askSql: async () => ({ columns: [], rows: [], rowsRead: 0, seconds: 0 }),
      replay: async () => ({ replayed: 0, skipped: [], moreBefore: null }),
      now: () => new Date(),
      host: '127.0.0.1',
      consoleDir: outDir,
    })
    url = await api.listen({ host: '127.0.0.1', port: 0 })
  })

  afterAll(async () => {
    await browser?.close()
    await api?.close()
  })

  const faults: string[] = []
  beforeEach(async () => {
    data = sampleData(Date.now())
    faults.length = 0
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    page.on('pageerror', (error) => faults.push(error.message))
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
    page.on('dialog', (dialog) => faults.push(`dialog ${dialog.message()}`))
    return async () => page.close()
  })

  test('shows sessions newest first, with what was refused, and findings', async () => {
    await page.goto(url)
    const rows = page.locator('.sessions tbody tr')
    await rows.first().waitFor()
    expect(await rows.locator('th a').allInnerTexts()).toEqual([
      'triage-helper',
      'release-notes-bot',
      'oncall-summary',
      'nightly-report',
    ])
    const first = await rows.first().textContent()
    for (const text of ['jonas.weiss@example.com', '12 denied', 'flagged', 'MCP session', '95 % confidence']) {
      expect(first).toContain(text)
    }
    expect(await page.locator('.findings').textContent()).toContain('was refused 12 times within 5 minutes')
    expect(await page.locator('.strip').textContent()).toContain('1,842')
    expect(faults).toEqual([])
  })

  test('a finding leads to its session and marks exactly the calls that prove it', async () => {
    await page.goto(url)
    await page.locator('.finding-title').click()
    await page.locator('.timeline .proof').first().waitFor()
    const marked = await page.locator('.timeline .proof').evaluateAll((rows) => rows.map((row) => row.dataset['call']))
    expect(marked).toEqual(data.findings[0]?.calls)
    expect(new URL(page.url()).hash).toBe('#/sessions/ses_x81p?finding=fnd_51c0')
    const denied = page.locator('[data-call="ses_x81p_c5"] .col-layer')
    expect(await denied.nth(0).textContent()).toContain('Allowed')
    expect(await denied.nth(1).textContent()).toMatch(/Denied[\s\S]*tool-not-granted · repo-readers/)
    await page.getByRole('button', { name: 'Hide the proof' }).click()
    await page.locator('.timeline .proof').first().waitFor({ state: 'detached' })
    expect(faults).toEqual([])
  })

  test('shows what an attacker wrote as text and runs none of it', async () => {
    const attack = '<img src=x onerror="document.title=\'owned\'">\u202Egnp.exe<script>alert(1)</script>'
    data.sessions = [makeSession({ id: 'ses_"><b>', start: '2026-11-24T10:00:00.000000Z', tools: [attack] })]
    data.sessions = data.sessions.map((session) => ({
      ...session,
      agent: { ...session.agent, name: attack },
      status: attack,
      basis: attack,
      end: new Date().toISOString(),
    }))
    data.calls = [
      makeCall({ id: 'c', time: new Date().toISOString(), sessionId: 'ses_"><b>', tool: attack, outcome: attack }),
    ]
    data.findings = []
    await page.goto(url)
    await page.locator('.sessions tbody a').click()
    const tool = page.locator('.timeline tbody th bdi').first()
    await tool.waitFor()
    expect(await tool.textContent()).toBe(attack.replace('\u202E', 'U+202E'))
    expect(await page.locator('main img, main script').count()).toBe(0)
    expect(await page.title()).not.toBe('owned')
    expect(await page.content()).not.toContain('\u202E')
    expect(faults).toEqual([])
  })

  test('shows a new session by itself, and does not move the rows under a pointer', async () => {
    await page.goto(url)
    const names = page.locator('.sessions tbody th a')
    await names.first().waitFor()
    data.sessions.push(named('first-new', Date.now()))
    storedThrough += 1
    await expect.poll(async () => (await names.allInnerTexts())[0], { timeout: 10_000 }).toBe('first-new')

    await page.locator('.sessions tbody tr').nth(2).hover()
    data.sessions.push(named('second-new', Date.now() + 1000))
    storedThrough += 1
    const show = page.getByRole('button', { name: 'Show 1 new session' })
    await show.waitFor()
    expect((await names.allInnerTexts())[0]).toBe('first-new')
    await show.click()
    await expect.poll(async () => (await names.allInnerTexts())[0], { timeout: 10_000 }).toBe('second-new')
    expect(faults).toEqual([])
  })

  const named = (name: string, startMs: number) => {
    const time = new Date(startMs).toISOString()
    return makeSession({ id: name, start: time, end: time, agent: { id: name, name, basis: 'event' } })
  }

  test('narrows the list, keeps that in the address, and works by keyboard', async () => {
    await page.goto(`${url}/#/?decision=deny`)
    const names = page.locator('.sessions tbody th a')
    await expect
      .poll(async () => names.allInnerTexts(), { timeout: 10_000 })
      .toEqual(['triage-helper', 'release-notes-bot'])
    await page.getByLabel('Agent, exactly').fill('triage-helper')
    await page.keyboard.press('Enter')
    await expect.poll(async () => names.allInnerTexts(), { timeout: 10_000 }).toEqual(['triage-helper'])
    expect(new URL(page.url()).hash).toBe('#/?agent=triage-helper&decision=deny')
    await names.first().focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'triage-helper' }).waitFor()
    expect(faults).toEqual([])
  })

  test('tells a newcomer how to send the first records, then shows them', async () => {
    data = emptyData()
    await page.goto(url)
    await page.getByRole('heading', { name: 'Nothing has come in yet' }).waitFor()
    const text = await page.locator('.empty').textContent()
    expect(text).toContain(`curl -sS '${url}/v1/records?format=agenttrail'`)
    expect(text).toContain('npm run demo')
    data.sessions.push(named('hello', Date.now()))
    storedThrough += 1
    await page.locator('.sessions tbody a').first().waitFor()
    expect(faults).toEqual([])
  })

  test('says so while the store is away, and comes back by itself', async () => {
    await page.goto(url)
    await page.locator('.sessions tbody tr').first().waitFor()
    data.isStoreUp = false
    storedThrough += 1
    await page.getByText('The store cannot be reached.').first().waitFor()
    expect(await page.locator('.sessions tbody tr').count()).toBe(4)
    data.isStoreUp = true
    await page.getByText('The store cannot be reached.').first().waitFor({ state: 'detached' })
  })

  test('asks who is unknown for a token, and lets them out again', async () => {
    token = 'agt_console'
    try {
      await page.goto(url)
      await page.getByLabel('Token').fill('agt_wrong')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByText('This token is not known here').waitFor()
      expect(await page.evaluate(lowContrast)).toEqual([])
      await page.getByLabel('Token').fill(token)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.locator('.sessions tbody tr').first().waitFor()
      expect(await page.locator('.signed-in').textContent()).toContain('token:mira')
      await page.locator('.connection', { hasText: 'Live' }).waitFor()
      expect(await page.evaluate('document.cookie + JSON.stringify({ ...sessionStorage, ...localStorage })')).toBe('{}')
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByLabel('Token').waitFor()
      expect((await page.request.get(`${url}/api/v1/sessions`)).status()).toBe(401)
    } finally {
      token = ''
    }
  })

  test.each(['light', 'dark'] as const)('has enough contrast in %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme })
    for (const hash of ['#/', '#/sessions/ses_x81p?finding=fnd_51c0']) {
      await page.goto(`${url}/${hash}`)
      await page.locator('tbody tr.proof, .sessions tbody tr').first().waitFor()
      expect(await page.evaluate(lowContrast)).toEqual([])
    }
  })

  test('is cached as its files allow', async () => {
    const index = await fetch(url)
    expect(index.headers.get('cache-control')).toBe('no-cache')
    const script = /src="(\/assets\/[^"]+)"/.exec(await index.text())?.[1] ?? ''
    expect((await fetch(url + script)).headers.get('cache-control')).toContain('immutable')
  })
})
