import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { startEngineFront } from './engine-front.ts'

/*
 * The embedded engine alone, where a cluster in development wants a ClickHouse server:
 * `AGENTTRAIL_ENGINE_PASSWORD=… npm run engine -- --port 8124`, then AGENTTRAIL_STORE_URL=http://agenttrail:…@127.0.0.1:8124
 */
const { values } = parseArgs({
  options: { port: { type: 'string', default: '8124' }, dir: { type: 'string', default: '.cache/engine' } },
})
const password = process.env['AGENTTRAIL_ENGINE_PASSWORD'] ?? ''
if (password === '') {
  console.error('AGENTTRAIL_ENGINE_PASSWORD is not set: choose a password for the user agenttrail')
  process.exit(2)
}
const front = await startEngineFront({ dataDir: values.dir, port: Number(values.port), user: 'agenttrail', password })
console.log(`The engine answers at http://127.0.0.1:${values.port} for the user agenttrail.`)
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
await front.stop()
