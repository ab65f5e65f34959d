import type { OtlpProduct } from './product.ts'

const methods: ReadonlyMap<string, string> = new Map([
  ['mcp.tool.call', 'tools/call'],
  ['mcp.prompt.get', 'prompts/get'],
  ['mcp.resource.read', 'resources/read'],
  ['mcp.list.tools', 'tools/list'],
  ['mcp.list.prompts', 'prompts/list'],
  ['mcp.list.resources', 'resources/list'],
  ['mcp.list.resourceTemplates', 'resources/templates/list'],
  ['mcp.initialize', 'initialize'],
])

/** Docker's MCP gateway. A denied call starts no span; that one exists is no decision either. */
export const dockerMcpGateway: OtlpProduct = {
  name: 'docker-mcp-gateway',
  layer: 'gateway',
  fits: ({ serviceName, scopeName }) => serviceName === 'docker-mcp-gateway' || /docker\/mcp-gateway/.test(scopeName),

  operation: ({ name }) => {
    const method = methods.get(name)
    return method === undefined ? undefined : { method, isToolRun: false, targetInName: '' }
  },

  complete: (event, { attributes }) => {
    event.kind = 'span'
    if (event.server === '') event.server = attributes.text('mcp.server.origin')
  },
}
