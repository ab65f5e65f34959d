import type { ActivityEvent } from '../../src/event/event.ts'
import { keep } from './keep.ts'

/**
 * The address that the first proxy saw: the client's own claim if it sent the header itself, but there is no better.
 * A header with more than that is kept under `path`.
 */
export const readForwardedFor = (event: ActivityEvent, path: string, header: string): void => {
  event.clientAddress = header.split(',', 1)[0]?.trim() ?? ''
  if (event.clientAddress !== header) keep(event, path, header)
}
