"""Sends the spans of the test by the OpenTelemetry SDK for Python; the endpoint is in OTEL_*, the encoding the first argument."""

import sys

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, StatusCode, TraceFlags, set_span_in_context

if sys.argv[1] == "json":
    from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter
else:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

provider = TracerProvider(resource=Resource.create({"service.name": "support-agent"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
tracer = provider.get_tracer("support")

run = tracer.start_span(
    "execute_tool get_weather",
    attributes={
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "get_weather",
        "gen_ai.conversation.id": "conv-7",
        "gen_ai.tool.call.arguments": '{"city":"Oslo"}',
        "gen_ai.tool.call.result": '{"celsius":4}',
        "attempt": 2,
        "cached": False,
        "ratio": 0.5,
        "tags": ["a", "b"],
    },
)
tracer.start_span(
    "tools/call get_weather",
    context=set_span_in_context(run),
    kind=SpanKind.CLIENT,
    attributes={
        "mcp.method.name": "tools/call",
        "gen_ai.tool.name": "get_weather",
        "jsonrpc.request.id": "7",
        "mcp.session.id": "session-of-the-test-0001",
    },
).end()
run.end()

linked = SpanContext(int("1" * 32, 16), int("2" * 16, 16), is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
served = tracer.start_span(
    "tools/call delete_repo",
    kind=SpanKind.SERVER,
    links=[Link(linked, {"why": "http"})],
    attributes={
        "mcp.method.name": "tools/call",
        "gen_ai.tool.name": "delete_repo",
        "jsonrpc.request.id": "8",
        "error.type": "tool_error",
    },
)
served.record_exception(PermissionError("not allowed"))
served.set_status(StatusCode.ERROR, "refused")
served.end()

tracer.start_span("chat m", attributes={"gen_ai.operation.name": "chat"}).end()
provider.shutdown()
