// Sends the spans of the test by the OpenTelemetry SDK for Go, which has the protobuf encoding only; the endpoint is in OTEL_*.
package main

import (
	"context"
	"errors"
	"log"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func main() {
	ctx := context.Background()
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "support-agent"))),
	)
	tracer := provider.Tracer("support")

	runCtx, run := tracer.Start(ctx, "execute_tool get_weather", trace.WithAttributes(
		attribute.String("gen_ai.operation.name", "execute_tool"),
		attribute.String("gen_ai.tool.name", "get_weather"),
		attribute.String("gen_ai.conversation.id", "conv-7"),
		attribute.String("gen_ai.tool.call.arguments", `{"city":"Oslo"}`),
		attribute.String("gen_ai.tool.call.result", `{"celsius":4}`),
		attribute.Int("attempt", 2),
		attribute.Bool("cached", false),
		attribute.Float64("ratio", 0.5),
		attribute.StringSlice("tags", []string{"a", "b"}),
	))
	_, called := tracer.Start(runCtx, "tools/call get_weather", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("mcp.method.name", "tools/call"),
		attribute.String("gen_ai.tool.name", "get_weather"),
		attribute.String("jsonrpc.request.id", "7"),
		attribute.String("mcp.session.id", "session-of-the-test-0001"),
	))
	called.End()
	run.End()

	linked := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID:    [16]byte{0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11},
		SpanID:     [8]byte{0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22},
		TraceFlags: trace.FlagsSampled,
		Remote:     true,
	})
	_, served := tracer.Start(ctx, "tools/call delete_repo", trace.WithSpanKind(trace.SpanKindServer),
		trace.WithLinks(trace.Link{SpanContext: linked, Attributes: []attribute.KeyValue{attribute.String("why", "http")}}),
		trace.WithAttributes(
			attribute.String("mcp.method.name", "tools/call"),
			attribute.String("gen_ai.tool.name", "delete_repo"),
			attribute.String("jsonrpc.request.id", "8"),
			attribute.String("error.type", "tool_error"),
		))
	served.RecordError(errors.New("not allowed"))
	served.SetStatus(codes.Error, "refused")
	served.End()

	_, chat := tracer.Start(ctx, "chat m", trace.WithAttributes(attribute.String("gen_ai.operation.name", "chat")))
	chat.End()
	if err := provider.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}
}
