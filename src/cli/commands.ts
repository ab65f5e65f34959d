import { actions } from './actions.ts'
import { backup } from './backup.ts'
import { calls } from './calls.ts'
import type { Command } from './command.ts'
import { config } from './config.ts'
import { deadLetters } from './dead-letters.ts'
import { demo } from './demo.ts'
import { doctor } from './doctor.ts'
import { findings } from './findings.ts'
import { ingest } from './ingest.ts'
import { legalHold } from './legal-hold.ts'
import { migrate } from './migrate.ts'
import { flag, restore, revoke } from './respond.ts'
import { response } from './response.ts'
import { rules } from './rules.ts'
import { scan } from './scan.ts'
import { search } from './search.ts'
import { serve } from './serve.ts'
import { session } from './session.ts'
import { sessions } from './sessions.ts'
import { tokens } from './tokens.ts'

/** Every command, in the order of the help text. */
export const commands: readonly Command[] = [
  serve,
  demo,
  ingest,
  scan,
  sessions,
  session,
  calls,
  findings,
  search,
  actions,
  flag,
  revoke,
  restore,
  legalHold,
  response,
  rules,
  deadLetters,
  tokens,
  migrate,
  backup,
  doctor,
  config,
]
