// A small MCP server for the demonstration: notes in memory, over Streamable HTTP at /mcp, answered as JSON.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'

const notes = new Map([['welcome', 'Everything that agents do here is seen by two layers.']])
const text = (value) => ({ content: [{ type: 'text', text: value }] })
const named = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }

const tools = {
  list_notes: {
    description: 'Lists the names of all notes.',
    inputSchema: { type: 'object' },
    run: () => text([...notes.keys()].join('\n')),
  },
  read_note: {
    description: 'Reads a note.',
    inputSchema: named,
    run: ({ name }) => text(notes.get(name) ?? 'There is no such note.'),
  },
  write_note: {
    description: 'Writes a note.',
    inputSchema: {
      ...named,
      properties: { ...named.properties, body: { type: 'string' } },
      required: ['name', 'body'],
    },
    run: ({ name, body }) => {
      if (notes.size >= 1000) throw new Error('There are too many notes.')
      notes.set(String(name), String(body))
      return text('Written.')
    },
  },
  delete_note: {
    description: 'Deletes a note.',
    inputSchema: named,
    run: ({ name }) => text(notes.delete(name) ? 'Deleted.' : 'There is no such note.'),
  },
}

const methods = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion: protocolVersion ?? '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'sample-notes', version: '1.0.0' },
  }),
  ping: () => ({}),
  'tools/list': () => ({
    tools: Object.entries(tools).map(([name, { description, inputSchema }]) => ({ name, description, inputSchema })),
  }),
  'tools/call': ({ name, arguments: given }) => {
    const tool = Object.hasOwn(tools, name) ? tools[name] : undefined
    if (tool === undefined) throw Object.assign(new Error(`There is no tool ${name}.`), { code: -32602 })
    try {
      return tool.run(given ?? {})
    } catch (error) {
      return { ...text(error.message), isError: true }
    }
  },
}

const answer = ({ id, method, params }) => {
  const run = Object.hasOwn(methods, method) ? methods[method] : undefined
  if (id === undefined) return null
  if (run === undefined)
    return { jsonrpc: '2.0', id, error: { code: -32601, message: `There is no method ${method}.` } }
  try {
    return { jsonrpc: '2.0', id, result: run(params ?? {}) }
  } catch (error) {
    return { jsonrpc: '2.0', id, error: { code: error.code ?? -32603, message: error.message } }
  }
}

const readBody = async (request) => {
  const chunks = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes > 1 << 20) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

const server = createServer(async (request, response) => {
  if (request.url === '/health') return response.end('ok\n')
  if (request.method !== 'POST' || request.url !== '/mcp')
    return response.writeHead(request.url === '/mcp' ? 405 : 404).end()
  const body = await readBody(request)
  let message
  try {
    message = JSON.parse(body ?? '')
  } catch {
    return response.writeHead(400).end()
  }
  const answered = answer(message)
  if (answered === null) return response.writeHead(202).end()
  const session = message.method === 'initialize' ? { 'mcp-session-id': randomUUID() } : {}
  response.writeHead(200, { 'content-type': 'application/json', ...session }).end(JSON.stringify(answered))
})

server.listen(Number(process.env.PORT ?? 8080), process.env.HOST ?? '0.0.0.0', () =>
  process.stdout.write(`sample MCP server on ${server.address().port}\n`),
)
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => server.close(() => process.exit(0)))
