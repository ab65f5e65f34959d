import { didYouMean } from '../../did-you-mean.ts'
import { and, type Condition, not, or } from './ast.ts'

/** Deeper nesting is a mistake, and would cost stack. */
const depthMax = 50

export interface Expression {
  /** The condition's text. */
  readonly text: string
  /** What each search identifier stands for. */
  readonly searches: ReadonlyMap<string, Condition>
  readonly report: (message: string) => void
}

/** Parses a Sigma condition: `and`, `or`, `not`, parentheses, `1 of`, `any of` and `all of`. Null if it is wrong. */
export const parseExpression = (expression: Expression): Condition | null => {
  const tokens = expression.text.match(/[()]|[^\s()]+/g) ?? []
  const parser = new ExpressionParser(tokens, expression)
  return parser.parse()
}

class ExpressionParser {
  readonly #tokens: readonly string[]
  readonly #expression: Expression
  #at = 0
  #depth = 0

  constructor(tokens: readonly string[], expression: Expression) {
    this.#tokens = tokens
    this.#expression = expression
  }

  parse(): Condition | null {
    const { text, report } = this.#expression
    if (this.#tokens.length === 0) {
      report('the condition is empty; name a search identifier, such as "selection"')
      return null
    }
    if (text.includes('|')) {
      report('"|" aggregates are of old Sigma; write a correlation document (`correlation:`) instead')
      return null
    }
    const condition = this.#or()
    if (condition === null) return null
    const rest = this.#tokens[this.#at]
    if (rest === undefined) return condition
    report(`"${rest}" is not expected in the condition; join parts with "and" or "or"`)
    return null
  }

  #or(): Condition | null {
    return this.#joined('or', () => this.#joined('and', () => this.#not()))
  }

  #joined(word: 'and' | 'or', operand: () => Condition | null): Condition | null {
    const of: Condition[] = []
    do {
      const next = operand()
      if (next === null) return null
      of.push(next)
    } while (this.#take(word))
    return word === 'and' ? and(of) : or(of)
  }

  #not(): Condition | null {
    if (!this.#take('not')) return this.#operand()
    if (!this.#descend()) return null
    const of = this.#not()
    this.#depth -= 1
    return of === null ? null : not(of)
  }

  #operand(): Condition | null {
    const token = this.#tokens[this.#at]
    if (token === undefined) {
      this.#expression.report('the condition ends too early; a search identifier is missing at its end')
      return null
    }
    this.#at += 1
    if (token === '(') return this.#group()
    const quantifier = token.toLowerCase()
    const isQuantified = this.#tokens[this.#at]?.toLowerCase() === 'of'
    if (isQuantified && (quantifier === '1' || quantifier === 'any' || quantifier === 'all')) {
      this.#at += 1
      return this.#quantified(quantifier === 'all' ? and : or)
    }
    return this.#search(token)
  }

  #group(): Condition | null {
    if (!this.#descend()) return null
    const inner = this.#or()
    this.#depth -= 1
    if (inner === null) return null
    if (this.#take(')')) return inner
    this.#expression.report('a ")" is missing in the condition')
    return null
  }

  #quantified(join: (of: readonly Condition[]) => Condition): Condition | null {
    const pattern = this.#tokens[this.#at] ?? ''
    this.#at += 1
    const names = [...this.#expression.searches.keys()].filter(
      // An underscore keeps a search out of "them": a pattern must name it.
      (name) => (pattern.toLowerCase() === 'them' ? !name.startsWith('_') : matchesPattern(pattern, name)),
    )
    if (names.length === 0) {
      this.#expression.report(`no search identifier matches "${pattern}"; defined are ${this.#names()}`)
      return null
    }
    return join(names.map((name) => this.#expression.searches.get(name) as Condition))
  }

  #search(name: string): Condition | null {
    const known = this.#expression.searches.get(name)
    if (known !== undefined) return known
    const near = didYouMean(name, [...this.#expression.searches.keys()])
    const fix = near === null ? `defined are ${this.#names()}` : `did you mean "${near}"?`
    this.#expression.report(`the condition names "${name}", which is not defined; ${fix}`)
    return null
  }

  #names(): string {
    return [...this.#expression.searches.keys()].join(', ') || 'none'
  }

  #descend(): boolean {
    this.#depth += 1
    if (this.#depth <= depthMax) return true
    this.#expression.report(`the condition nests deeper than ${depthMax}; split it into search identifiers`)
    return false
  }

  #take(word: string): boolean {
    if (this.#tokens[this.#at]?.toLowerCase() !== word) return false
    this.#at += 1
    return true
  }
}

const matchesPattern = (pattern: string, name: string): boolean => {
  const literals = pattern.split('*').map((literal) => literal.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${literals.join('.*')}$`).test(name)
}
