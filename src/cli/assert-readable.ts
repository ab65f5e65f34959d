import { statSync } from 'node:fs'
import { UsageError } from './command.ts'

/** Throws `UsageError` unless `file` is there and is no directory. */
export const assertReadable = (file: string): void => {
  const problem = problemOf(file)
  if (problem !== null) throw new UsageError(problem)
}

const problemOf = (file: string): string | null => {
  try {
    return statSync(file).isDirectory() ? `${file} is a directory; name the files in it` : null
  } catch (error) {
    return `${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? error})`
  }
}
