import { actions } from '../../event/features/action-words.ts'
import { moneyTopic } from '../../event/features/topic-words.ts'
import { fold, parseGlob } from '../sigma/glob.ts'
import { guessClasses } from './guess-classes.ts'

/** What a tool does, as far as rules care. */
export const toolClassNames = [
  'reads_private',
  'reads_untrusted',
  'writes',
  'sends_outside',
  'executes',
  'pays',
  'destroys',
  'administers',
] as const
export type ToolClass = (typeof toolClassNames)[number]

/** One entry of the reviewed map: tools by name, with `*` and `?`. */
export interface ToolClassEntry {
  readonly tools: readonly string[]
  readonly classes: readonly ToolClass[]
}

/** What is known of a tool. */
export interface ToolKind {
  readonly classes: readonly ToolClass[]
  /** Bits of `actions` that a call of it does: what a user or a text may ask for. */
  readonly does: number
  /** What it works on, as bits; 0 if its name does not tell. */
  readonly topics: number
}

/** Names that clients choose fill no memory. */
const rememberedMax = 10_000

/** The classes of tools: by the reviewed map, the last entry that names the tool, else by the words of its name. */
export class ToolClasses {
  readonly #entries: readonly { readonly names: readonly RegExp[]; readonly classes: readonly ToolClass[] }[]
  readonly #known = new Map<string, ToolKind>()

  constructor(entries: readonly ToolClassEntry[]) {
    this.#entries = entries.map(({ tools, classes }) => ({ names: tools.map(nameTest), classes })).reverse()
  }

  of(tool: string): ToolKind {
    const known = this.#known.get(tool)
    if (known !== undefined) return known
    if (this.#known.size >= rememberedMax) this.#known.clear()
    const kind = this.#read(tool)
    this.#known.set(tool, kind)
    return kind
  }

  #read(tool: string): ToolKind {
    if (tool === '') return unknownTool
    const name = fold(tool)
    const entry = this.#entries.find(({ names }) => names.some((each) => each.test(name)))
    const guess = guessClasses(tool)
    const classes = entry?.classes ?? guess.classes
    return {
      classes: [...classes].sort(),
      does: guess.does | doneBy(classes),
      topics: guess.topics | (classes.includes('pays') ? moneyTopic : 0),
    }
  }
}

/** Names of tools are short, so a plain walk over the pattern is cheap enough for each new one. */
const nameTest = (pattern: string): RegExp => {
  const body = parseGlob(fold(pattern)).map((part) =>
    typeof part === 'string' ? part.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&') : part.wildcard === '*' ? '.*' : '.',
  )
  return new RegExp(`^${body.join('')}$`, 's')
}

export const unknownTool: ToolKind = { classes: [], does: 0, topics: 0 }

const doneBy = (classes: readonly ToolClass[]): number => classes.reduce((bits, name) => bits | actionOf[name], 0)

const actionOf: Readonly<Record<ToolClass, number>> = {
  reads_private: actions.read,
  reads_untrusted: actions.read,
  writes: actions.write,
  sends_outside: actions.send,
  executes: actions.execute,
  pays: actions.pay,
  destroys: actions.destroy,
  administers: actions.admin,
}

const effects: ReadonlySet<string> = new Set(['writes', 'sends_outside', 'executes', 'pays', 'destroys', 'administers'])

/** Whether a tool of these classes changes something or lets something out. */
export const hasEffect = (classes: readonly string[]): boolean => classes.some((name) => effects.has(name))
