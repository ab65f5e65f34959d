import type { Intake, Transport } from '../../src/ingest/transport.ts'
export const createFileTransport = (o: {
  readonly intake: Intake
  readonly path: string
  readonly format: string
  readonly source: string
  readonly realm: string
  readonly positionsDir: string
  readonly log?: unknown
}): Transport => ({ name: o.path, start: async () => undefined, stop: async () => undefined })
