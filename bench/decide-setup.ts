import { Directory } from '../src/correlate/directory.ts'
import { createSealToken } from '../src/event/seal.ts'
import { createDecide, type Decide } from '../src/respond/decision/decide.ts'
import { emptyRequest } from '../src/respond/decision/decision-request.ts'
import { Revocations } from '../src/respond/revocations.ts'

const revocationsInMemory = 100_000
/** Sessions that ask; every tenth of them is revoked. */
export const askingSessions = 10_000

/** The decision function over 100,000 revocations, with tokens hashed as in a server. */
export const createBenchDecide = (): Decide => {
  const sealToken = createSealToken({ key: Buffer.alloc(32, 7), keyId: 'bench' })
  const revocations = new Revocations()
  revocations.load(
    Array.from({ length: revocationsInMemory }, (_, at) => ({
      actionId: `a-${at}`,
      realm: 'default',
      kind: 'revoke',
      keys: [`mcp:${sealToken(sessionId(at * 10))}`],
      subject: { sessionId: '', userId: '', userEmail: '', agentId: '', agentName: '', serviceAccountId: '' },
      reason: 'bench',
      by: 'bench',
      expiresAtMs: Number.MAX_SAFE_INTEGER,
    })),
  )
  return createDecide({
    revocations,
    directory: new Directory({}),
    sealToken,
    now: Date.now,
    failure: 'open',
    isEnforcing: true,
  })
}

export const sessionId = (at: number): string => `bench-session-${at.toString(16).padStart(8, '0')}`

/** A request of one of the sessions, as read. */
export const requestOf = (at: number) => ({
  ...emptyRequest,
  mcpSessionId: sessionId(at % askingSessions),
  userIds: [`user-${at % 1000}`],
  userEmails: [`user-${at % 1000}@example.com`],
  method: 'tools/call',
  tool: 'search_issues',
})
