import { readFileSync } from 'node:fs'
import { AgenttrailError } from '../errors.ts'

/** The secret in a file, without the line end; `what` begins the sentence that says what is wrong. Throws `AGT_CONFIG_INVALID`. */
export const readSecretFile = (path: string, what: string): string => {
  let problem = 'it is empty'
  try {
    const secret = readFileSync(path, 'utf8').trim()
    if (secret !== '') return secret
  } catch (error) {
    problem = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
  throw new AgenttrailError('AGT_CONFIG_INVALID', `${what} in ${path} cannot be read: ${problem}`)
}
