/** What the caller of a failed operation does next. */
export type Disposition = 'halt' | 'reject' | 'retry'

/** Every code of ours with its disposition; `docs/errors.md` says what an operator does about each. */
export const errorCodes = {
  AGT_CONFIG_INVALID: 'halt',
  AGT_RULES_INVALID: 'halt',
  AGT_ADDRESS_IN_USE: 'halt',
  AGT_DATA_DIR_UNUSABLE: 'halt',
  AGT_DATA_DIR_LOCKED: 'halt',
  AGT_DATA_DIR_NEWER: 'halt',
  AGT_BACKUP_UNUSABLE: 'halt',
  AGT_DISK_FULL: 'retry',
  AGT_LOG_FULL: 'retry',
  AGT_LOG_FAILED: 'halt',
  AGT_LOG_GAP: 'halt',
  AGT_STORE_UNAVAILABLE: 'retry',
  AGT_STORE_REFUSED: 'reject',
  AGT_BODY_TOO_LARGE: 'reject',
  AGT_BODY_INVALID: 'reject',
  AGT_ENCODING_UNSUPPORTED: 'reject',
  AGT_CONTENT_TYPE_UNSUPPORTED: 'reject',
  AGT_FORMAT_UNKNOWN: 'reject',
  AGT_REQUEST_INVALID: 'reject',
  AGT_NOT_FOUND: 'reject',
  AGT_UNAUTHENTICATED: 'reject',
  AGT_FORBIDDEN: 'reject',
  AGT_LEVER_REFUSED: 'reject',
  AGT_KEYS_UNAVAILABLE: 'retry',
  AGT_RATE_LIMITED: 'retry',
  AGT_SERVER_UNREACHABLE: 'retry',
  AGT_LEVER_UNAVAILABLE: 'retry',
} as const satisfies Record<string, Disposition>

export type ErrorCode = keyof typeof errorCodes

/** A failure of something we depend on. Callers branch on `code`, which stays; the text may improve. */
export class AgenttrailError extends Error {
  override readonly name = 'AgenttrailError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  get disposition(): Disposition {
    return errorCodes[this.code]
  }
}
