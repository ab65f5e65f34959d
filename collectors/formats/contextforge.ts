import type { Format, JsonObject } from '../../src/ingest/format.ts'
import { ignored } from '../../src/ingest/outcome.ts'
import { readAuditTrail } from './contextforge-audit.ts'
import { readStructuredLog } from './contextforge-log.ts'
import { openSiem, readSiem } from './contextforge-siem.ts'
import { textOf } from './field-values.ts'

/** ContextForge: its structured log, which has the calls; its SIEM export and its audit trail, which have sign-ins and changes. */
export const contextforge: Format = {
  name: 'contextforge',

  recognises: (value) => openSiem(value) !== undefined || isLog(value) || isAuditTrail(value),

  read: (value, origin) => {
    const siem = openSiem(value)
    if (siem !== undefined) return readSiem(siem, origin)
    if (isLog(value)) return readStructuredLog(value, origin)
    if (isAuditTrail(value)) return readAuditTrail(value, origin)
    return ignored('neither log, SIEM event nor audit trail')
  },
}

/** Every line of the JSON log, those of its libraries too; only older versions' lines have no `@timestamp`. */
const isLog = (value: JsonObject): boolean =>
  typeof value['levelname'] === 'string' &&
  typeof value['asctime'] === 'string' &&
  (typeof value['@timestamp'] === 'string' || textOf(value['name']).startsWith('mcpgateway'))

const isAuditTrail = (value: JsonObject): boolean =>
  typeof value['action'] === 'string' &&
  typeof value['resource_type'] === 'string' &&
  typeof value['success'] === 'boolean' &&
  'requires_review' in value
