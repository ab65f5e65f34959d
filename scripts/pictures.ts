// Takes the README's pictures: the page over the demo's data, in a real Chromium. `npm run pictures`.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { build } from 'vite'

const bytesMax = 200_000
const directory = new URL('../docs/images/', import.meta.url).pathname
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
if (executablePath === undefined) throw new Error('install Chromium first')

await build({ configFile: 'console/vite.config.ts', logLevel: 'error' })
mkdirSync(directory, { recursive: true })
const dataDir = mkdtempSync(join(tmpdir(), 'agenttrail-pictures-'))
const demo = spawn(process.execPath, ['src/cli/main.ts', 'demo'], {
  stdio: ['ignore', 'ignore', 'pipe'],
  env: {
    ...process.env,
    NO_COLOR: '1',
    AGENTTRAIL_DATA_DIR: dataDir,
    AGENTTRAIL_HTTP_ADDRESS: '127.0.0.1:0',
    AGENTTRAIL_OTLP_ADDRESS: 'off',
    AGENTTRAIL_DECISION_ADDRESS: 'off',
  },
})

/** What the demo says, until it has told its story. */
const told = async (): Promise<string> => {
  let text = ''
  for await (const chunk of demo.stderr.setEncoding('utf8')) {
    text += String(chunk)
    if (text.includes('The server goes on')) return text
  }
  throw new Error(`the demo ended: ${text}`)
}

try {
  const text = await told()
  const url = /Open (http:\S+)/.exec(text)?.[1] ?? ''
  const session = /agenttrail session (\S+)/.exec(text)?.[1] ?? ''
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  const take = async (name: string, hash: string, waitFor: string): Promise<void> => {
    await page.goto(`${url}/${hash}`)
    await page.locator(waitFor).first().waitFor()
    await page
      .locator(waitFor)
      .first()
      .evaluate((element) => element.scrollIntoView())
    await page.waitForTimeout(1500)
    const path = join(directory, `${name}.png`)
    await page.screenshot({ path })
    const { size } = statSync(path)
    if (size > bytesMax) throw new Error(`${path} has ${size} bytes, more than ${bytesMax}`)
    console.log(`${path} ${size} bytes`)
  }
  await take('overview', '', '.strip')
  await take('timeline', `#/sessions/${session}`, '.timeline')
  await browser.close()
} finally {
  demo.kill('SIGTERM')
  await new Promise((resolve) => demo.once('exit', resolve))
  rmSync(dataDir, { recursive: true, force: true })
}
