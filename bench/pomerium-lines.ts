/** What both of Pomerium's lines of one request say of it. */
export interface RequestFacts {
  readonly requestId: string
  readonly authSession: string
  readonly mcpSession: string
  readonly user: string
  readonly email: string
  readonly traceparent: string
  readonly tool: string
  readonly isDenied: boolean
  readonly server: string
  /** Varies what numbers there are in a line. */
  readonly variation: number
  /** RFC 3339, whole seconds. */
  readonly time: string
}

/** What Pomerium decided about a request. */
export const authorizeLine = (request: RequestFacts): string => {
  const { requestId, authSession, mcpSession, user, email, traceparent, tool, isDenied, server, variation, time } =
    request
  const why = isDenied
    ? '"deny":true,"deny-why-true":["mcp-tool-match"]'
    : '"deny":false,"deny-why-false":["mcp-tool-no-match"]'
  return `{"level":"info","server-name":"all","service":"authorize","request-id":"${requestId}","check-request-id":"${requestId}","method":"POST","path":"/mcp","host":"${server}.acme.test","ip":"198.51.100.7","session-id":"${authSession}","user":"${user}","email":"${email}","envoy-route-checksum":18178244035061794335,"envoy-route-id":"3799620ab5d291d9","route-checksum":18178244035061794335,"route-id":"","mcp-method":"tools/call","mcp-tool":"${tool}","mcp-tool-parameters":{"direction":"desc","owner":"acme","page":${variation % 40},"perPage":30,"repo":"billing","sort":"updated","state":"open"},"headers":{"Mcp-Session-Id":"${mcpSession}","Traceparent":"${traceparent}","User-Agent":"claude-code/2.1.14"},"allow":true,"allow-why-true":["domain-ok"],${why},"time":"${time}","message":"authorize check"}`
}

/** What Envoy saw of it. */
export const accessLine = (request: RequestFacts): string => {
  const { requestId, authSession, mcpSession, user, email, traceparent, isDenied, server, variation, time } = request
  const details = isDenied ? 'ext_authz_denied' : 'via_upstream'
  return `{"level":"info","server-name":"all","service":"envoy","upstream-cluster":"${isDenied ? '' : `${server}-3799620ab5d291d9`}","method":"POST","authority":"${server}.internal:8080","path":"/mcp","user-agent":"claude-code/2.1.14","referer":"","forwarded-for":"198.51.100.7","request-id":"${requestId}","duration":${12 + (variation % 400)}.902114,"size":${200 + variation * 3},"response-code":200,"response-code-details":"${details}","ip":"198.51.100.7","cluster-stat-name":"${server}","headers":{"mcp-session-id":"${mcpSession}","traceparent":"${traceparent}","x-forwarded-host":"${server}.acme.test","x-pomerium-claim-email":"${email}","x-pomerium-claim-sid":"${authSession}","x-pomerium-claim-user":"${user}"},"time":"${time}","message":"http-request"}`
}
