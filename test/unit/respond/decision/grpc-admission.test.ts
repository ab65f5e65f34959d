import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { messageType } from '../../../../src/respond/decision/grpc-messages.ts'
import { createDecisionServer, type DecisionServer } from '../../../../src/respond/decision/grpc-server.ts'

// Goal: where gateways must show a token, nobody else learns what is revoked, and none leaves a trace of a decision.

let server: DecisionServer
let client: Client
let decided: number

beforeEach(async () => {
  decided = 0
  server = createDecisionServer({
    decide: () => {
      decided += 1
      return { isAllowed: true, why: 'no_revocation', revocation: null }
    },
    onDecided: () => undefined,
    admit: async (metadata, realm) => {
      if (metadata['x-agenttrail-token'] === 'agt_broken') throw new Error('cannot be read')
      return metadata['x-agenttrail-token'] === 'agt_gateway' && realm === 'prod'
    },
    address: { host: '127.0.0.1', port: 0 },
  })
  client = new Client(`127.0.0.1:${await server.start()}`, credentials.createInsecure())
})

afterEach(async () => {
  client.close()
  await server.stop()
})

const check = (token: string, realm: string): Promise<number> => {
  const request = messageType('CheckRequest')
  const metadata = new Metadata()
  metadata.set('x-agenttrail-token', token)
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      '/envoy.service.auth.v3.Authorization/Check',
      (message: object) => Buffer.from(request.encode(request.fromObject(message)).finish()),
      (bytes) => bytes,
      { attributes: { contextExtensions: { realm } } },
      metadata,
      (error: ServiceError | null) => resolve(error?.code ?? status.OK),
    )
  })
}

test.each([
  ['agt_gateway', 'prod', status.OK, 1],
  ['agt_gateway', 'default', status.UNAUTHENTICATED, 0],
  ['agt_other', 'prod', status.UNAUTHENTICATED, 0],
  ['agt_broken', 'prod', status.UNAVAILABLE, 0],
])('%s in %s: status %i', async (token, realm, code, decisions) => {
  expect(await check(token, realm)).toBe(code)
  expect(decided).toBe(decisions)
})
