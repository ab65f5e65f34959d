import type { ActivityEvent } from '../../src/event/event.ts'

const email = /^[^\s@]{1,64}@[^\s@]{1,255}$/

export const isEmail = (text: string): boolean => email.test(text)

/** The authenticated user by the name that a gateway has for them; many take the e-mail address, which other layers know too. */
export const setUser = (event: ActivityEvent, name: string): void => {
  event.userId = name
  if (event.userEmail === '' && isEmail(name)) event.userEmail = name
}
