const pattern = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?$/
const noTrace = { traceId: '', spanId: '' } as const

/** W3C `traceparent` → ids, `''` each if it is not one. The ids are the sender's claim. */
export const parseTraceparent = (header: unknown): { readonly traceId: string; readonly spanId: string } => {
  if (typeof header !== 'string' || header.length > 256) return noTrace
  const match = pattern.exec(header)
  if (match === null) return noTrace
  const [, traceId = '', spanId = ''] = match
  return /^0+$/.test(traceId) || /^0+$/.test(spanId) || header.startsWith('ff') ? noTrace : { traceId, spanId }
}
