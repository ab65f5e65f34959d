import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { z } from 'zod'

/** A small MCP server with sessions and one tool, which counts its calls. */
export const startMcpServer = async () => {
  const sessions = new Map<string, StreamableHTTPServerTransport>()
  const calls: string[] = []

  const open = async (): Promise<StreamableHTTPServerTransport> => {
    const server = new McpServer({ name: 'notes', version: '1.0.0' })
    server.registerTool('add_note', { inputSchema: { text: z.string() } }, ({ text }) => {
      calls.push(text)
      return { content: [{ type: 'text', text: `noted: ${text}` }] }
    })
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, transport),
    })
    // Its optional members are declared without `undefined`.
    await server.connect(transport as Parameters<McpServer['connect']>[0])
    return transport
  }

  const http = createServer(async (request, response) => {
    const id = request.headers['mcp-session-id']
    const known = typeof id === 'string' ? sessions.get(id) : undefined
    const transport = known ?? (await open())
    await transport.handleRequest(request, response)
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    port: (http.address() as AddressInfo).port,
    calls,
    stop: async () => {
      for (const transport of sessions.values()) await transport.close()
      http.closeAllConnections()
      http.close()
      await once(http, 'close')
    },
  }
}
