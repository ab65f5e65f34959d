import { codeVersion } from '../analyse/analyser.ts'
import type { Config } from '../config.ts'
import type { Activation } from '../log/entry.ts'
import type { Log } from '../log/log.ts'
import { limitsOf, policyOf } from './policy-of.ts'

/** What the analyser works by is an entry, so that a replay works by the same. */
export const activate = (
  log: Log,
  config: Config,
  { tokenKeyId, rules }: Pick<Activation, 'tokenKeyId' | 'rules'>,
): Promise<number> =>
  log.append([
    { kind: 'tick', timeMs: Date.now() },
    {
      kind: 'activation',
      content: {
        codeVersion,
        latenessMs: config.latenessMs,
        sourceSilentMs: config.sourceSilentMs,
        sessionIdleMs: config.sessionIdleMs,
        callsLiveMax: config.callsLiveMax,
        response: config.response,
        policy: policyOf(config),
        responseLimits: limitsOf(config),
        tokenKeyId,
        agents: config.agents,
        sessionPerCallClients: config.sessionPerCallClients,
        rules,
      },
    },
  ])
