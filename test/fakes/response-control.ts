import type { CommandOutcome, OperatorCommand, ResponseControl, ResponseShape } from '../../src/api/response-control.ts'

export const sampleResponse: ResponseShape = {
  mode: 'dry-run',
  paused: false,
  pausedBy: '',
  pausedReason: '',
  pausedSince: null,
  revocations: 0,
  limits: {
    neverRevoke: [],
    revocationsPerMinuteMax: 10,
    revocationsPerHourMax: 60,
    revokedPercentMax: 20,
    pagesPerHourMax: 60,
  },
}

/** Notes the commands that it is given; `answer` says what becomes of them. */
export const createFakeResponse = (
  answer: (command: OperatorCommand) => Partial<CommandOutcome> = () => ({}),
  received: OperatorCommand[] = [],
): ResponseControl => ({
  state: async () => sampleResponse,
  command: async (command) => {
    received.push(command)
    return { kind: 'done', actions: [], response: sampleResponse, ...answer(command) }
  },
})
