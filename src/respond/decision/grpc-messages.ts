import protobuf from 'protobufjs/light.js'

const { Root } = protobuf

/** A map from text. */
const mapOf = (type: string, id: number) => ({ keyType: 'string', type, id })

const struct = {
  Struct: { fields: { fields: mapOf('Value', 1) } },
  Value: {
    oneofs: { kind: { oneof: ['nullValue', 'numberValue', 'stringValue', 'boolValue', 'structValue', 'listValue'] } },
    fields: {
      nullValue: { type: 'int32', id: 1 },
      numberValue: { type: 'double', id: 2 },
      stringValue: { type: 'string', id: 3 },
      boolValue: { type: 'bool', id: 4 },
      structValue: { type: 'Struct', id: 5 },
      listValue: { type: 'ListValue', id: 6 },
    },
  },
  ListValue: { fields: { values: { rule: 'repeated', type: 'Value', id: 1 } } },
}

/**
 * What a decision needs of `envoy.service.auth.v3` (envoyproxy/envoy, api/envoy/service/auth/v3 and api/envoy/config/core/v3)
 * and of `agentgateway.dev.ext_mcp` (agentgateway, crates/protos/proto/ext_mcp.proto), with their field numbers. Everything
 * else in a message is skipped.
 */
const root = Root.fromJSON({
  nested: {
    ...struct,
    // envoy.service.auth.v3
    CheckRequest: { fields: { attributes: { type: 'AttributeContext', id: 1 } } },
    AttributeContext: {
      fields: {
        source: { type: 'Peer', id: 1 },
        request: { type: 'Request', id: 4 },
        contextExtensions: mapOf('string', 10),
      },
    },
    Peer: { fields: { address: { type: 'Address', id: 1 }, principal: { type: 'string', id: 4 } } },
    Address: { fields: { socketAddress: { type: 'SocketAddress', id: 1 } } },
    SocketAddress: { fields: { address: { type: 'string', id: 2 } } },
    Request: { fields: { http: { type: 'HttpRequest', id: 2 } } },
    HttpRequest: {
      fields: {
        id: { type: 'string', id: 1 },
        method: { type: 'string', id: 2 },
        headers: mapOf('string', 3),
        path: { type: 'string', id: 4 },
        host: { type: 'string', id: 5 },
        body: { type: 'string', id: 11 },
        rawBody: { type: 'bytes', id: 12 },
        headerMap: { type: 'HeaderMap', id: 13 },
      },
    },
    HeaderMap: { fields: { headers: { rule: 'repeated', type: 'HeaderValue', id: 1 } } },
    HeaderValue: {
      fields: { key: { type: 'string', id: 1 }, value: { type: 'string', id: 2 }, rawValue: { type: 'bytes', id: 3 } },
    },
    CheckResponse: {
      oneofs: { httpResponse: { oneof: ['deniedResponse', 'okResponse'] } },
      fields: {
        status: { type: 'RpcStatus', id: 1 },
        deniedResponse: { type: 'DeniedResponse', id: 2 },
        okResponse: { type: 'OkResponse', id: 3 },
        dynamicMetadata: { type: 'Struct', id: 4 },
      },
    },
    RpcStatus: { fields: { code: { type: 'int32', id: 1 }, message: { type: 'string', id: 2 } } },
    DeniedResponse: {
      fields: {
        status: { type: 'HttpStatus', id: 1 },
        headers: { rule: 'repeated', type: 'HeaderValueOption', id: 2 },
        body: { type: 'string', id: 3 },
      },
    },
    OkResponse: { fields: {} },
    HttpStatus: { fields: { code: { type: 'int32', id: 1 } } },
    HeaderValueOption: { fields: { header: { type: 'HeaderValue', id: 1 } } },
    // agentgateway.dev.ext_mcp. Its older version has one service name, and parameters as a Struct under the same number.
    McpRequest: {
      fields: {
        serviceNames: { rule: 'repeated', type: 'string', id: 1 },
        method: { type: 'string', id: 2 },
        metadataContext: { type: 'Struct', id: 3 },
        mcpRequest: { type: 'bytes', id: 4 },
        headers: { rule: 'repeated', type: 'McpHeader', id: 5 },
      },
    },
    McpHeader: { fields: { key: { type: 'string', id: 1 }, value: { type: 'bytes', id: 2 } } },
    McpResponse: { fields: { method: { type: 'string', id: 2 } } },
    McpResult: {
      oneofs: { result: { oneof: ['pass', 'error'] } },
      fields: { pass: { type: 'Pass', id: 1 }, error: { type: 'AuthorizationError', id: 3 } },
    },
    Pass: { fields: {} },
    AuthorizationError: { fields: { code: { type: 'int32', id: 1 }, reason: { type: 'string', id: 2 } } },
  },
})

type MessageName = 'CheckRequest' | 'CheckResponse' | 'McpRequest' | 'McpResponse' | 'McpResult' | 'Struct'

/** Types of messages by name; what is written in this file is all there are. */
export const messageType = (name: MessageName): protobuf.Type => root.lookupType(name)
