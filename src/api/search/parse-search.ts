import { didYouMean } from '../../did-you-mean.ts'
import { SearchError } from './search-error.ts'
import { type SearchField, type SearchNode, searchFields } from './search-node.ts'
import { parseRange, testOf } from './search-test.ts'
import { type SearchToken, searchTokens } from './search-tokens.ts'

const termsMax = 60
const depthMax = 20

/**
 * Reads `field:value`, quotes, wildcards, `>5`, `[a TO b]`, `AND`, `OR`, `NOT`, `-` and brackets; words side by side must
 * all be there, and a word without a field may be anywhere. Throws `SearchError`.
 */
export const parseSearch = (text: string): SearchNode => {
  const parser = new SearchParser(searchTokens(text))
  return parser.parse()
}

class SearchParser {
  readonly #tokens: readonly SearchToken[]
  #at = 0
  #terms = 0
  #depth = 0

  constructor(tokens: readonly SearchToken[]) {
    this.#tokens = tokens
  }

  parse(): SearchNode {
    const node = this.#or('any')
    const rest = this.#peek()
    if (rest.type !== 'end') throw new SearchError(`there is no bracket open here for ")"`, rest.column)
    return node
  }

  #or(field: SearchField | 'any'): SearchNode {
    const nodes = [this.#and(field)]
    while (this.#peek().type === 'OR') {
      this.#next()
      nodes.push(this.#and(field))
    }
    return joined('or', nodes)
  }

  #and(field: SearchField | 'any'): SearchNode {
    const nodes = [this.#not(field)]
    for (;;) {
      const { type } = this.#peek()
      if (type === 'end' || type === ')' || type === 'OR') return joined('and', nodes)
      if (type === 'AND') this.#next()
      nodes.push(this.#not(field))
    }
  }

  #not(field: SearchField | 'any'): SearchNode {
    const { type } = this.#peek()
    if (type !== 'NOT' && type !== '-') return this.#primary(field)
    this.#next()
    return this.#deeper(() => ({ kind: 'not', node: this.#not(field) }))
  }

  #primary(field: SearchField | 'any'): SearchNode {
    const token = this.#next()
    if (token.type === '(') return this.#group(token, field)
    if (token.type === 'range') throw new SearchError('a range needs a field: risk:[10 TO 50]', token.column)
    if (token.type !== 'word') throw new SearchError('a word or field:value is missing here', token.column)
    if (this.#peek().type !== ':') return this.#term(field, token)
    if (field !== 'any') throw new SearchError(`this is about ${field} already`, token.column)
    this.#next()
    return this.#valueOf(fieldNamed(token))
  }

  #valueOf(field: SearchField): SearchNode {
    const token = this.#next()
    if (token.type === '(') return this.#group(token, field)
    if (token.type === 'range') return this.#counted({ kind: 'term', field, test: parseRange(field, token) }, token)
    if (token.type !== 'word') throw new SearchError(`${field}: a value is missing here`, token.column)
    return this.#term(field, token)
  }

  #group(open: SearchToken, field: SearchField | 'any'): SearchNode {
    const node = this.#deeper(() => this.#or(field))
    if (this.#next().type !== ')') throw new SearchError('this bracket is never closed', open.column)
    return node
  }

  #term(field: SearchField | 'any', token: SearchToken & { readonly type: 'word' }): SearchNode {
    return this.#counted({ kind: 'term', field, test: testOf(field, token) }, token)
  }

  #counted(node: SearchNode, { column }: SearchToken): SearchNode {
    this.#terms += 1
    if (this.#terms > termsMax) throw new SearchError(`there are more than ${termsMax} terms`, column)
    return node
  }

  #deeper(work: () => SearchNode): SearchNode {
    this.#depth += 1
    if (this.#depth > depthMax) throw new SearchError(`brackets are more than ${depthMax} deep`, this.#peek().column)
    const node = work()
    this.#depth -= 1
    return node
  }

  #peek(): SearchToken {
    return this.#tokens[this.#at] ?? { type: 'end', column: 0 }
  }

  #next(): SearchToken {
    const token = this.#peek()
    this.#at += 1
    return token
  }
}

const joined = (kind: 'and' | 'or', nodes: readonly SearchNode[]): SearchNode => {
  const [only] = nodes
  return nodes.length === 1 && only !== undefined ? only : { kind, nodes }
}

const fieldNamed = ({ text, column }: SearchToken & { readonly type: 'word' }): SearchField => {
  if (Object.hasOwn(searchFields, text)) return text as SearchField
  const known = Object.keys(searchFields)
  const near = didYouMean(text, known)
  const hint = near === null ? `fields are ${known.join(', ')}` : `did you mean ${near}?`
  throw new SearchError(`there is no field "${text}"; ${hint}`, column)
}
