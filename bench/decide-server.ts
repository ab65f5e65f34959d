import { Server, ServerCredentials } from '@grpc/grpc-js'
import { createDecisionServer } from '../src/respond/decision/grpc-server.ts'
import { createBenchDecide } from './decide-setup.ts'

/** The decision service and an empty service of the same library, each on a port of its own; the parent is told both. */
const address = { host: '127.0.0.1', port: 0 }
const decisions = createDecisionServer({ decide: createBenchDecide(), onDecided: () => undefined, address })
const decisionPort = await decisions.start()

const empty = new Server()
const asItIs = (bytes: Buffer): Buffer => bytes
const nothing = Buffer.alloc(0)
empty.addService(
  {
    check: {
      path: '/empty.Empty/Check',
      requestStream: false,
      responseStream: false,
      requestSerialize: asItIs,
      requestDeserialize: asItIs,
      responseSerialize: asItIs,
      responseDeserialize: asItIs,
    },
  },
  { check: (_call: unknown, callback: (error: null, answer: Buffer) => void) => callback(null, nothing) },
)
const emptyPort = await new Promise<number>((resolve, reject) => {
  empty.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
    error === null ? resolve(port) : reject(error),
  )
})

process.send?.({ decisionPort, emptyPort })
process.on('disconnect', () => process.exit(0))
