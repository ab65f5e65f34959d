import type * as z from 'zod'

const issuesShownMax = 5

/** What is wrong with an event, field by field, in words that say what to change. */
export const explainIssues = (issues: readonly z.core.$ZodIssue[]): string => {
  const shown = issues.slice(0, issuesShownMax).map((issue) => `${issue.path.join('.') || 'event'}: ${adviceOf(issue)}`)
  const more = issues.length > issuesShownMax ? `; and ${issues.length - issuesShownMax} more` : ''
  return shown.join('; ') + more
}

const adviceOf = (issue: z.core.$ZodIssue): string => {
  if (issue.code === 'invalid_value')
    return `write one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`
  if (issue.code === 'invalid_type')
    return `write ${articleOf(issue.expected)} here, or leave the field out if it is optional`
  if (issue.code === 'too_big') return `shorten it to at most ${issue.maximum}`
  if (issue.code === 'too_small') return `write at least ${issue.minimum}`
  return issue.message
}

const articleOf = (type: string): string => (/^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`)
