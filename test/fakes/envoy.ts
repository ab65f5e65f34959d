import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const command = fileURLToPath(new URL('../../.cache/envoy-part/bin/envoy', import.meta.url))
const startWaitMs = 20_000

/** Whether to leave out what needs Envoy; says so in a line. Where it is asked for, it is never left out. */
export const isEnvoyMissing = (): boolean => {
  const isRequired = (process.env['AGENTTRAIL_REQUIRE'] ?? '').split(',').includes('envoy')
  if (existsSync(command) || isRequired) return false
  console.log('skipped: what needs envoy (.ci/envoy-part installs it)')
  return true
}

/** How Envoy asks the decision service. */
export type Asking = { readonly grpcPort: number } | { readonly httpPort: number }

/** An Envoy in front of an MCP server that asks before each request. */
export const startEnvoy = async (asking: Asking, upstreamPort: number) => {
  const port = await freePort()
  const config = JSON.stringify(configFor({ port, upstreamPort, asking }))
  const child = spawn(command, ['--config-yaml', config, '--use-dynamic-base-id', '--concurrency', '1', '-l', 'error'])
  const printed: Buffer[] = []
  child.stderr.on('data', (bytes: Buffer) => printed.push(bytes))
  const closed = once(child, 'close')
  for (const until = performance.now() + startWaitMs; !(await isListening(port)); await delay(50)) {
    if (child.exitCode === null && performance.now() < until) continue
    child.kill()
    throw new Error(`Envoy does not listen: ${Buffer.concat(printed)}`)
  }
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    stop: async () => {
      child.kill()
      await closed
    },
  }
}

const address = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } })

const cluster = (name: string, port: number, isHttp2: boolean) => ({
  name,
  type: 'STATIC',
  connect_timeout: '5s',
  load_assignment: {
    cluster_name: name,
    endpoints: [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }],
  },
  ...(isHttp2 && {
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
  }),
})

/** As `docs/decision-service.md` says to set it. */
const authzOf = (asking: Asking) =>
  'grpcPort' in asking
    ? { grpc_service: { envoy_grpc: { cluster_name: 'agenttrail' } } }
    : {
        http_service: {
          server_uri: { uri: `http://127.0.0.1:${asking.httpPort}`, cluster: 'agenttrail', timeout: '2s' },
          path_prefix: '/decide/envoy',
          authorization_response: { allowed_client_headers: { patterns: [{ exact: 'content-type' }] } },
        },
        allowed_headers: { patterns: [{ exact: 'mcp-session-id' }, { exact: 'content-type' }] },
      }

const configFor = (options: { readonly port: number; readonly upstreamPort: number; readonly asking: Asking }) => {
  const { port, upstreamPort, asking } = options
  const filters = [
    {
      name: 'envoy.filters.http.ext_authz',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz',
        transport_api_version: 'V3',
        with_request_body: { max_request_bytes: 65_536, allow_partial_message: true },
        ...authzOf(asking),
      },
    },
    {
      name: 'envoy.filters.http.router',
      typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
    },
  ]
  const manager = {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    stat_prefix: 'mcp',
    route_config: {
      virtual_hosts: [
        {
          name: 'mcp',
          domains: ['*'],
          routes: [{ match: { prefix: '/' }, route: { cluster: 'mcp', timeout: '0s' } }],
        },
      ],
    },
    http_filters: filters,
  }
  const [decisionPort, isHttp2] = 'grpcPort' in asking ? [asking.grpcPort, true] : [asking.httpPort, false]
  return {
    static_resources: {
      listeners: [
        {
          address: address(port),
          filter_chains: [
            { filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }] },
          ],
        },
      ],
      clusters: [cluster('mcp', upstreamPort, false), cluster('agenttrail', decisionPort, isHttp2)],
    },
  }
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
