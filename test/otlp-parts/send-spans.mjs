// Sends the spans of the test by the OpenTelemetry SDK for JavaScript; endpoint and protocol are in OTEL_*.
import { context, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api'
import { NodeSDK } from '@opentelemetry/sdk-node'

const sdk = new NodeSDK({ serviceName: 'support-agent' })
sdk.start()
const tracer = trace.getTracer('support')

const run = tracer.startSpan('execute_tool get_weather', {
  attributes: {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'get_weather',
    'gen_ai.conversation.id': 'conv-7',
    'gen_ai.tool.call.arguments': '{"city":"Oslo"}',
    'gen_ai.tool.call.result': '{"celsius":4}',
    attempt: 2,
    cached: false,
    ratio: 0.5,
    tags: ['a', 'b'],
  },
})
const inRun = trace.setSpan(context.active(), run)
tracer
  .startSpan(
    'tools/call get_weather',
    {
      kind: SpanKind.CLIENT,
      attributes: {
        'mcp.method.name': 'tools/call',
        'gen_ai.tool.name': 'get_weather',
        'jsonrpc.request.id': '7',
        'mcp.session.id': 'session-of-the-test-0001',
      },
    },
    inRun,
  )
  .end()
run.end()

const linked = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: TraceFlags.SAMPLED, isRemote: true }
const served = tracer.startSpan('tools/call delete_repo', {
  kind: SpanKind.SERVER,
  links: [{ context: linked, attributes: { why: 'http' } }],
  attributes: {
    'mcp.method.name': 'tools/call',
    'gen_ai.tool.name': 'delete_repo',
    'jsonrpc.request.id': '8',
    'error.type': 'tool_error',
  },
})
served.recordException(new Error('not allowed'))
served.setStatus({ code: SpanStatusCode.ERROR, message: 'refused' })
served.end()

tracer.startSpan('chat m', { attributes: { 'gen_ai.operation.name': 'chat' } }).end()
await sdk.shutdown()
