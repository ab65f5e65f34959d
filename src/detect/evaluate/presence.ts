import type { Correlation } from '../rule.ts'
import type { Condition } from '../sigma/ast.ts'
import { isWithin } from './measured.ts'

type Presence = (counts: readonly number[]) => number | null

const compiled = new WeakMap<Correlation, Presence>()

/** How many different members are there, if that or which ones they are makes a temporal correlation hold; else null. */
export const compilePresence = (correlation: Correlation): Presence => {
  const known = compiled.get(correlation) ?? compile(correlation)
  compiled.set(correlation, known)
  return known
}

const compile = ({ logic, inputs }: Correlation): Presence => {
  const members = inputs.flatMap((input, at) => (input.role === 'member' ? [at] : []))
  const presentIn = (counts: readonly number[]): number => members.filter((at) => (counts[at] ?? 0) > 0).length
  if (logic.kind === 'several') {
    return (counts) => {
      const present = presentIn(counts)
      return isWithin(present, logic.bounds) ? present : null
    }
  }
  if (logic.kind !== 'together') return () => null
  const holds = compileNames(
    logic.condition,
    inputs.map((input) => input.name),
  )
  return (counts) => (holds(counts) ? presentIn(counts) : null)
}

type Holds = (counts: readonly number[]) => boolean

const compileNames = (condition: Condition, names: readonly string[]): Holds => {
  switch (condition.kind) {
    case 'and': {
      const all = condition.of.map((part) => compileNames(part, names))
      return (counts) => all.every((holds) => holds(counts))
    }
    case 'or': {
      const any = condition.of.map((part) => compileNames(part, names))
      return (counts) => any.some((holds) => holds(counts))
    }
    case 'not': {
      const holds = compileNames(condition.of, names)
      return (counts) => !holds(counts)
    }
    case 'field': {
      const at = names.indexOf(condition.field)
      return (counts) => (counts[at] ?? 0) > 0
    }
    case 'keyword':
      return () => false
  }
}
