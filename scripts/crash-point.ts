import type { Effect } from '../src/respond/effect.ts'
import { Dispatcher } from '../src/run/dispatcher.ts'

/**
 * Loaded before a server that is to die: SIGKILL at the effect that `CRASH_POINT` names, as `kind operation stage when`, such as
 * `page apply send after`. `request after` is when `requested` is durable, `send after` when the lever's answer is.
 */
const point = process.env['CRASH_POINT'] ?? ''

const isHere = (effects: readonly Effect[], when: string): boolean =>
  effects.some(({ kind, operation, stage }) => `${kind} ${operation} ${stage} ${when}` === point)

const dispatch = Dispatcher.prototype.dispatch
Dispatcher.prototype.dispatch = async function (effects): Promise<void> {
  if (isHere(effects, 'before')) process.kill(process.pid, 'SIGKILL')
  await dispatch.call(this, effects)
  if (isHere(effects, 'after')) process.kill(process.pid, 'SIGKILL')
}
