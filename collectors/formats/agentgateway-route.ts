import type { SourceFields } from './source-fields.ts'

/** The route that a request took, with the rule of it. A rule's name may hold its route's. */
export const readAgentgatewayRoute = (fields: SourceFields): string => {
  const route = fields.text('route')
  const rule = fields.text('route_rule')
  return rule === '' || rule.startsWith(`${route}/`) ? rule || route : `${route}/${rule}`
}
