#!/usr/bin/env node
// Starts agenttrail on Node 24. A checkout brings one (dev dependency `node`), so an older system Node will do.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const nodeMajorMin = 24
const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const source = here('../src/cli/main.ts')
const main = existsSync(source) ? source : here('../dist/src/cli/main.js')

if (Number(process.versions.node.split('.')[0]) >= nodeMajorMin) {
  process.argv[1] = main
  await import(main)
} else {
  const node = here('../node_modules/node/bin/node')
  if (!existsSync(node)) {
    process.stderr.write(
      `agenttrail needs Node ${nodeMajorMin} or newer; this is ${process.versions.node}. In a checkout, run \`npm ci\` first.\n`,
    )
    process.exit(2)
  }
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' })
  // A terminal sends SIGINT to both; the others may be meant for this process alone, so they are passed on.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`agenttrail: ${error.message}\n`)
    process.exit(2)
  })
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}
