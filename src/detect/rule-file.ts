import { LineCounter, parseAllDocuments } from 'yaml'
import type { Path } from './sigma/report.ts'

/** A rule file as it was read; a rule set is a list of these, and the log holds it whole. */
export interface RuleFile {
  readonly name: string
  readonly text: string
}

/** Something wrong in a rule file: where, what, and how to mend it. */
export interface RuleProblem {
  readonly file: string
  readonly line: number
  readonly message: string
}

/** One YAML document of a rule file. */
export interface RuleDocument {
  readonly file: string
  readonly value: unknown
  /** The line on which the node at a path begins; where there is none, that of the innermost node above it. */
  readonly lineOf: (path: Path) => number
}

/** A list as long as this makes no rule; aliases in YAML could make it so long that it takes all memory. */
const aliasesMax = 100

/** The documents of a file; what is no YAML is a problem. */
export const readDocuments = (file: RuleFile, problems: RuleProblem[]): readonly RuleDocument[] => {
  const lines = new LineCounter()
  const parsed = parseAllDocuments(file.text, { lineCounter: lines, uniqueKeys: true })
  const documents: RuleDocument[] = []
  for (const document of Array.isArray(parsed) ? parsed : []) {
    const line = (offset: number): number => lines.linePos(offset).line
    for (const error of document.errors) {
      const message = error.message.split('\n')[0] ?? error.message
      problems.push({ file: file.name, line: line(error.pos[0]), message: `this is not YAML: ${message}` })
    }
    if (document.errors.length > 0 || document.contents === null) continue
    documents.push({
      file: file.name,
      value: document.toJS({ maxAliasCount: aliasesMax }),
      lineOf: (path) => {
        for (let length = path.length; length > 0; length -= 1) {
          const start = startOf(document.getIn(path.slice(0, length), true), document, path.slice(0, length))
          if (start !== null) return line(start)
        }
        return line(document.contents?.range?.[0] ?? 0)
      },
    })
  }
  return documents
}

type Parsed = ReturnType<typeof parseAllDocuments>[number]

/** Where the key of a node begins, else the node itself: a value may begin a line further down. */
const startOf = (node: unknown, document: Parsed, path: Path): number | null => {
  const key = keyStart(document, path)
  if (key !== null) return key
  const range = (node as { readonly range?: readonly number[] } | null | undefined)?.range
  return range?.[0] ?? null
}

const keyStart = (document: Parsed, path: Path): number | null => {
  const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  const items = (parent as { readonly items?: readonly unknown[] } | null | undefined)?.items
  for (const item of items ?? []) {
    const key = (item as { readonly key?: { readonly value?: unknown; readonly range?: readonly number[] } } | null)
      ?.key
    if (key?.value === path.at(-1)) return key?.range?.[0] ?? null
  }
  return null
}
