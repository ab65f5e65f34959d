import type { Databroker, Versions } from './databroker-client.ts'
import {
  type DatabrokerRecord,
  readAuthorizationRequest,
  readClientName,
  readSession,
  recordTypes,
} from './databroker-records.ts'

/** Something that Pomerium's databroker showed of who acts with which session. No token, no claim of the login. */
export interface Seen {
  readonly change: 'session_started' | 'session_ended' | 'client_named'
  readonly timeMs: number
  readonly sessionId: string
  readonly userId: string
  /** `''` where it is not known. */
  readonly clientId: string
  readonly clientName: string
}

export interface DatabrokerWatchDeps {
  readonly databroker: Pick<Databroker, 'list' | 'watch'>
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly onSeen: (seen: Seen) => void
  /** The databroker cannot be followed, and from when on it can again. */
  readonly onFailure: (error: unknown) => void
}

interface KnownSession {
  readonly userId: string
  readonly clients: Set<string>
}

/** Pomerium holds as many itself; anybody may register a client where its dynamic registration is on. */
const sessionsMax = 1_000_000
const clientsMax = 100_000
/** Requests whose session did not come yet: each type of record has a stream of its own. */
const awaitedMax = 10_000
const pauseMs = 1_000

/**
 * Follows Pomerium's databroker, so that who acts with which session is known before it is needed. The record that names
 * both session and client lives minutes; what it said is kept as long as the session.
 */
export class DatabrokerWatch {
  readonly #deps: DatabrokerWatchDeps
  readonly #sessions = new Map<string, KnownSession>()
  readonly #awaited = new Map<string, Set<string>>()
  readonly #names = new Map<string, string>()
  readonly #ending = new AbortController()
  readonly #following: Promise<void>[] = []

  constructor(deps: DatabrokerWatchDeps) {
    this.#deps = deps
  }

  /** Resolves when it has seen all that there is now, or could not. */
  async start(): Promise<void> {
    const types = [
      { type: recordTypes.clientRegistration, read: this.#readClient },
      { type: recordTypes.session, read: this.#readSession },
      { type: recordTypes.authorizationRequest, read: this.#readRequest },
    ]
    for (const { type, read } of types) {
      const first = Promise.withResolvers<void>()
      this.#following.push(this.#follow(type, { read, onListed: first.resolve }))
      // In this order: a client has a name before a request ties it to a session.
      await first.promise
    }
  }

  async stop(): Promise<void> {
    this.#ending.abort()
    await Promise.all(this.#following)
  }

  clientsOf(sessionId: string): readonly string[] {
    return [...(this.#sessions.get(sessionId)?.clients ?? [])]
  }

  nameOf(clientId: string): string {
    return this.#names.get(clientId) ?? clientId
  }

  async #follow(
    type: string,
    { read, onListed }: { readonly read: (record: DatabrokerRecord) => void; readonly onListed: () => void },
  ): Promise<void> {
    const { databroker, sleep, onFailure } = this.#deps
    const { signal } = this.#ending
    let after: Versions | null = null
    while (!signal.aborted) {
      try {
        after ??= await this.#list(type, read)
        onListed()
        const { server } = after
        const onRecord = (record: DatabrokerRecord): void => {
          after = { server, record: record.version }
          read(record)
        }
        await databroker.watch({ type, after, onRecord, signal })
        // It does not know that far back any more.
        after = null
      } catch (error) {
        onListed()
        if (signal.aborted) break
        onFailure(error)
        await sleep(pauseMs, signal).catch(() => undefined)
      }
    }
    onListed()
  }

  async #list(type: string, read: (record: DatabrokerRecord) => void): Promise<Versions> {
    const { records, versions } = await this.#deps.databroker.list(type, this.#ending.signal)
    if (type === recordTypes.session) this.#endMissing(new Set(records.map(({ id }) => id)))
    for (const record of records) read(record)
    return versions
  }

  /** Ended while nobody was looking. */
  #endMissing(present: ReadonlySet<string>): void {
    for (const id of this.#sessions.keys()) if (!present.has(id)) this.#end(id)
  }

  #end(id: string): void {
    const known = this.#sessions.get(id)
    if (known === undefined) return
    this.#sessions.delete(id)
    this.#see('session_ended', { sessionId: id, userId: known.userId, timeMs: this.#deps.now() })
  }

  readonly #readSession = (record: DatabrokerRecord): void => {
    if (record.deletedAt !== null) {
      this.#end(record.id)
      return
    }
    const session = readSession(record)
    if (session === null || this.#sessions.has(session.id) || this.#sessions.size >= sessionsMax) return
    this.#sessions.set(session.id, { userId: session.userId, clients: new Set() })
    const timeMs = session.issuedAtMs || this.#deps.now()
    this.#see('session_started', { sessionId: session.id, userId: session.userId, timeMs })
    for (const clientId of this.#awaited.get(session.id) ?? []) this.#name(session.id, clientId)
    this.#awaited.delete(session.id)
  }

  readonly #readRequest = (record: DatabrokerRecord): void => {
    const request = record.deletedAt === null ? readAuthorizationRequest(record) : null
    if (request === null || request.clientId === '') return
    const { sessionId, clientId } = request
    if (this.#sessions.has(sessionId)) {
      this.#name(sessionId, clientId)
      return
    }
    const [oldest = ''] = this.#awaited.keys()
    if (this.#awaited.size >= awaitedMax) this.#awaited.delete(oldest)
    this.#awaited.set(sessionId, (this.#awaited.get(sessionId) ?? new Set()).add(clientId))
  }

  #name(sessionId: string, clientId: string): void {
    const known = this.#sessions.get(sessionId)
    if (known === undefined || known.clients.has(clientId)) return
    known.clients.add(clientId)
    this.#see('client_named', { sessionId, userId: known.userId, timeMs: this.#deps.now(), clientId })
  }

  readonly #readClient = (record: DatabrokerRecord): void => {
    if (record.deletedAt !== null) this.#names.delete(record.id)
    else if (this.#names.size < clientsMax) this.#names.set(record.id, readClientName(record) || record.id)
  }

  #see(change: Seen['change'], seen: Pick<Seen, 'sessionId' | 'userId' | 'timeMs'> & { clientId?: string }): void {
    const { clientId = '' } = seen
    const clientName = clientId === '' ? '' : this.nameOf(clientId)
    this.#deps.onSeen({ ...seen, change, clientId, clientName })
  }
}
