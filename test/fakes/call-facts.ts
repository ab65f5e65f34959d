import type { CallFact } from '../../src/detect/rule.ts'

let made = 0

/** A denied call of one agent and principal, as far as a test does not say otherwise. */
export const makeFact = (part: Partial<CallFact> = {}): CallFact => {
  made += 1
  return {
    id: `call-${String(made).padStart(5, '0')}`,
    realm: 'default',
    timeUs: 0,
    sessionId: 's1',
    agentId: 'agent-1',
    agentName: 'Agent',
    userId: 'mira',
    userEmail: 'mira@example.com',
    tool: 'delete_repository',
    server: 'github',
    decision: 'deny',
    clientName: 'claude-code',
    ...part,
  }
}
