import type { Right } from './access.ts'

/** What an endpoint asks of its caller, and whether what it answers is of one realm, the query's. */
export interface RouteRight {
  readonly right: Right | 'none'
  /** `one` – the query's; `all` – only for who may enter every realm; `none` – it holds nothing of any realm. */
  readonly realm: 'one' | 'all' | 'none'
}

const inRealm = (right: Right): RouteRight => ({ right, realm: 'one' })
const global = (right: Right): RouteRight => ({ right, realm: 'none' })
const open: RouteRight = { right: 'none', realm: 'none' }

/** Every endpoint that is not a file of the console. One that is missing here does not start. */
export const routeRights: Readonly<Record<string, RouteRight>> = {
  'GET /health/live': open,
  'GET /health/ready': open,
  'GET /schemas/decision-event.json': open,
  'GET /schemas/rule.json': open,
  'GET /api/v1/openapi.json': open,
  'POST /api/v1/login': open,
  'POST /api/v1/logout': open,
  'GET /api/v1/me': global('pipeline'),
  'GET /metrics': { right: 'pipeline', realm: 'all' },
  'GET /api/v1/status': global('pipeline'),
  'GET /api/v1/live': global('pipeline'),
  'GET /api/v1/batches/{id}': inRealm('pipeline'),
  'POST /v1/records': inRealm('ingest'),
  'POST /decide': inRealm('decide'),
  'POST /decide/docker': inRealm('decide'),
  'GET /decide/envoy/*': inRealm('decide'),
  'GET /api/v1/sessions': inRealm('read'),
  'GET /api/v1/sessions/{id}': inRealm('read'),
  'GET /api/v1/sessions/{id}/timeline': inRealm('read'),
  'GET /api/v1/calls': inRealm('read'),
  'GET /api/v1/calls/{id}': inRealm('read'),
  'GET /api/v1/events': inRealm('read'),
  'GET /api/v1/events/{id}': inRealm('read'),
  'GET /api/v1/findings': inRealm('read'),
  'GET /api/v1/findings/{id}': inRealm('read'),
  'PATCH /api/v1/findings/{id}': inRealm('triage'),
  'GET /api/v1/actions': inRealm('read'),
  'GET /api/v1/actions/{id}': inRealm('read'),
  'POST /api/v1/actions': inRealm('respond'),
  'GET /api/v1/rules': global('read'),
  'GET /api/v1/rules/{id}': global('read'),
  'POST /api/v1/rules/{id}/backtest': inRealm('query'),
  'GET /api/v1/response': inRealm('pipeline'),
  'POST /api/v1/response/pause': inRealm('respond'),
  'POST /api/v1/response/resume': inRealm('respond'),
  'POST /api/v1/sessions/{id}/flag': inRealm('respond'),
  'POST /api/v1/sessions/{id}/revoke': inRealm('respond'),
  'POST /api/v1/sessions/{id}/restore': inRealm('respond'),
  'POST /api/v1/sessions/{id}/legal-hold': inRealm('hold'),
  'GET /api/v1/agents': inRealm('read'),
  'GET /api/v1/users': inRealm('read'),
  'GET /api/v1/tools': inRealm('read'),
  'GET /api/v1/servers': inRealm('read'),
  'GET /api/v1/export/findings': inRealm('export'),
  'GET /api/v1/export/events': inRealm('export'),
  'POST /api/v1/dead-letters/replay': inRealm('operate'),
  'GET /api/v1/events/{id}/payload': inRealm('payloads'),
  'POST /api/v1/query': inRealm('query'),
  'GET /api/v1/search': inRealm('read'),
  'GET /api/v1/audit': inRealm('audit'),
  'GET /api/v1/dead-letters': inRealm('read'),
}

const guarded = /^\/(?:api|v1|decide|metrics|schemas|health)(?:\/|$)/

/** The right of a route as Fastify names it; null for a guarded path that nobody has given one. */
export const rightOf = (method: string, url: string): RouteRight | null => {
  if (!guarded.test(url)) return open
  // Envoy asks with the method of the request that it asks about, and GET is answered without a body too.
  const verb = method === 'HEAD' || url === '/decide/envoy/*' ? 'GET' : method
  return routeRights[`${verb} ${url.replaceAll(/:(\w+)/g, '{$1}')}`] ?? null
}
