/**
 * What reading untrusted input gives. A bad record is ordinary, so it is a value: one bad line never stops its batch,
 * and `rejected` carries what the dead letter needs.
 */
export type Outcome<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'ignored'; readonly reason: string }
  | { readonly kind: 'rejected'; readonly reason: string }

export const ok = <T>(value: T): Outcome<T> => ({ kind: 'ok', value })
export const ignored = (reason: string): Outcome<never> => ({ kind: 'ignored', reason })
export const rejected = (reason: string): Outcome<never> => ({ kind: 'rejected', reason })
