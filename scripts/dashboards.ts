// Writes the dashboards and alert rules for Grafana: `npm run dashboards -- [URL]`. URL is where people reach agenttrail's pages.
import { mkdirSync, writeFileSync } from 'node:fs'
import { alertProvisioning } from '../dashboards/alert-rules.ts'
import { dashboards } from '../dashboards/all.ts'

const [url = 'http://127.0.0.1:9470'] = process.argv.slice(2)
const directory = new URL('../dashboards/generated/', import.meta.url)

mkdirSync(directory, { recursive: true })
for (const [name, dashboard] of Object.entries(dashboards({ url }))) {
  writeFileSync(new URL(`${name}.json`, directory), `${JSON.stringify(dashboard, null, 2)}\n`)
}
const alerting = new URL('../deploy/grafana/provisioning/alerting/agenttrail.json', import.meta.url)
writeFileSync(alerting, `${JSON.stringify(alertProvisioning(), null, 2)}\n`)
