import { parseArgs } from 'node:util'
import { dashboards } from './dashboards.ts'
import { decide } from './decide.ts'
import { ingest } from './ingest.ts'
import { rules } from './rules.ts'
import { sessions } from './sessions.ts'

const benchmarks = { dashboards, decide, ingest, rules, sessions } as const

const { values, positionals } = parseArgs({
  options: { seconds: { type: 'string', default: '20' } },
  allowPositionals: true,
})
const name = positionals[0] ?? ''
const seconds = Number(values.seconds)
if (!Object.hasOwn(benchmarks, name) || !(seconds > 0)) {
  console.error(`Usage: npm run bench -- ${Object.keys(benchmarks).join('|')} [--seconds N]`)
  process.exit(2)
}
await benchmarks[name as keyof typeof benchmarks]({ seconds })
