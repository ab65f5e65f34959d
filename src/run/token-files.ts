import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Principal } from '../api/access.ts'
import { tokenPrefix } from '../api/token-of.ts'
import { roleNames } from '../config-access.ts'
import { AgenttrailError } from '../errors.ts'

const tokenSchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{12}$/),
  name: z.string(),
  /** SHA-256 of the whole token: 256 random bits need no slow hash. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  roles: z.array(z.enum(roleNames)),
  realms: z.union([z.literal('all'), z.array(z.string())]),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  revokedAt: z.iso.datetime().nullable(),
})

/** A token as it is kept: everything but the token. */
export type TokenRecord = z.infer<typeof tokenSchema>

export interface NewToken extends Pick<TokenRecord, 'name' | 'roles' | 'realms'> {
  readonly lifeMs: number
}

/** A directory's time is only as fine as the kernel's clock: what changed this recently may have changed again. */
const settledMs = 1_000
const secretBytes = 32

/**
 * The tokens under `<dataDir>/tokens` (0700), a file each. Commands make and revoke them beside a running server, which
 * sees it within `checkEveryMs`. Every method throws `AGT_DATA_DIR_UNUSABLE` where the directory cannot be used.
 */
export class TokenFiles {
  readonly #dir: string
  readonly #now: () => number
  readonly #checkEveryMs: number
  #known: ReadonlyMap<string, TokenRecord> = new Map()
  #checkedMs = Number.NEGATIVE_INFINITY
  #changedMs = Number.NaN

  constructor(options: { readonly dataDir: string; readonly now: () => number; readonly checkEveryMs?: number }) {
    this.#dir = join(options.dataDir, 'tokens')
    this.#now = options.now
    this.#checkEveryMs = options.checkEveryMs ?? 1_000
    usable(this.#dir, () => {
      mkdirSync(this.#dir, { recursive: true, mode: 0o700 })
      chmodSync(this.#dir, 0o700)
    })
  }

  /** Newest first. */
  list(): readonly TokenRecord[] {
    this.#load()
    return [...this.#known.values()].sort((a, b) => b.createdAt.localeCompare(a.createdAt))
  }

  /** Returns the token itself, which is kept nowhere. Null if a token that works has the name. */
  create({ name, roles: given, realms, lifeMs }: NewToken): string | null {
    const nowMs = this.#now()
    if (this.list().some((token) => token.name === name && isInForce(token, nowMs))) return null
    const id = randomBytes(6).toString('hex')
    const text = `${tokenPrefix}${id}_${randomBytes(secretBytes).toString('base64url')}`
    const [createdAt, expiresAt] = [nowMs, nowMs + lifeMs].map((ms) => new Date(ms).toISOString())
    const record = { id, name, hash: hashOf(text), roles: given, realms, createdAt, expiresAt, revokedAt: null }
    this.#write(tokenSchema.parse(record))
    return text
  }

  /** By id or name; returns those that are revoked now. */
  revoke(idOrName: string): readonly TokenRecord[] {
    const nowMs = this.#now()
    const meant = this.list().filter(
      (token) => (token.id === idOrName || token.name === idOrName) && isInForce(token, nowMs),
    )
    const revoked = meant.map((token) => ({ ...token, revokedAt: new Date(nowMs).toISOString() }))
    for (const token of revoked) this.#write(token)
    return revoked
  }

  /** Whose token this is; null for one that is unknown, expired or revoked. */
  find(text: string): Principal | null {
    const nowMs = this.#now()
    if (nowMs - this.#checkedMs >= this.#checkEveryMs) this.#refresh(nowMs)
    const token = this.#known.get(text.slice(tokenPrefix.length, tokenPrefix.length + 12))
    if (token === undefined || !isInForce(token, nowMs)) return null
    if (!timingSafeEqual(Buffer.from(hashOf(text)), Buffer.from(token.hash))) return null
    return { name: `token:${token.name}`, roles: token.roles, realms: token.realms }
  }

  #refresh(nowMs: number): void {
    this.#checkedMs = nowMs
    const changedMs = usable(this.#dir, () => statSync(this.#dir).mtimeMs)
    if (changedMs === this.#changedMs) return
    this.#load()
    this.#changedMs = nowMs - changedMs > settledMs ? changedMs : Number.NaN
  }

  #load(): void {
    const names = usable(this.#dir, () => readdirSync(this.#dir)).filter((name) => name.endsWith('.json'))
    const tokens = names.map((name) => readToken(join(this.#dir, name)))
    this.#known = new Map(tokens.map((token) => [token.id, token]))
  }

  /** Whole or not at all, whatever happens: a link for a new file, a rename for a changed one. */
  #write(token: TokenRecord): void {
    const path = join(this.#dir, `${token.id}.json`)
    const draft = `${path}.${randomBytes(6).toString('hex')}`
    usable(this.#dir, () => {
      writeFileSync(draft, `${JSON.stringify(token)}\n`, { mode: 0o600, flag: 'wx', flush: true })
      if (token.revokedAt !== null) return renameSync(draft, path)
      linkSync(draft, path)
      rmSync(draft)
    })
    this.#checkedMs = Number.NEGATIVE_INFINITY
    this.#changedMs = Number.NaN
  }
}

export const isInForce = ({ revokedAt, expiresAt }: TokenRecord, nowMs: number): boolean =>
  revokedAt === null && Date.parse(expiresAt) > nowMs

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

const readToken = (path: string): TokenRecord =>
  usable(path, () => tokenSchema.parse(JSON.parse(readFileSync(path, 'utf8'))))

const usable = <T>(path: string, work: () => T): T => {
  try {
    return work()
  } catch (error) {
    throw unusable(path, error)
  }
}

const unusable = (path: string, cause: unknown): AgenttrailError => {
  const reason = cause instanceof z.ZodError ? 'it does not hold a token' : String(cause)
  return new AgenttrailError('AGT_DATA_DIR_UNUSABLE', `${path} cannot be used (${reason}).`, { cause })
}
