import type { Bound, Correlation, Input, Logic } from './rule.ts'
import type { Condition } from './sigma/ast.ts'

/**
 * Why a rule may not revoke before its finding is final; null if it may. No later evidence must be able to take the
 * finding away: calls merge, an allow turns into a deny, a value shows to be known (`DESIGN.md` §7).
 */
export const eagerMisuse = (correlation: Correlation): string | null => {
  if (!isLasting(correlation.logic))
    return 'an eager rule counts upwards: no new_value, baseline, absence, lt, lte or eq'
  for (const input of correlation.inputs) {
    const misuse = 'inputs' in input.source ? eagerMisuse(input.source) : inputMisuse(input.role, input.source)
    if (misuse !== null) return misuse
  }
  return null
}

const inputMisuse = (role: Input['role'], condition: Condition): string | null => {
  if (role === 'breaker') return 'an eager rule has nothing that must not happen between its steps'
  if (role === 'aside') return null
  if (!isPositive(condition)) return 'an eager rule has no "not", neq, null or exists: false'
  return needsExplicit(condition) ? null : 'an eager rule counts explicit decisions: add decisionBasis: explicit'
}

const isLasting = (logic: Logic): boolean => {
  switch (logic.kind) {
    case 'count':
    case 'distinct':
    case 'several':
      return logic.bounds.every(isLower)
    case 'together':
      return isPositive(logic.condition)
    case 'ordered':
      return true
    default:
      return false
  }
}

const isLower = ({ operator }: Bound): boolean => operator === 'gt' || operator === 'gte'

const isPositive = (condition: Condition): boolean => {
  if (condition.kind === 'not') return false
  if (condition.kind === 'keyword') return true
  if (condition.kind === 'field') {
    const { test } = condition
    return test.kind !== 'empty' && !(test.kind === 'exists' && !test.isPresent)
  }
  return condition.of.every(isPositive)
}

const needsExplicit = (condition: Condition): boolean => {
  if (condition.kind === 'and') return condition.of.some(needsExplicit)
  if (condition.kind === 'or') return condition.of.length > 0 && condition.of.every(needsExplicit)
  return (
    condition.kind === 'field' &&
    condition.field === 'decisionBasis' &&
    condition.test.kind === 'text' &&
    condition.test.parts.join() === 'explicit'
  )
}
