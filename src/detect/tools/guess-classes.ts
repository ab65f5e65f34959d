import { actions, actionsOfWord, effectMask, objectsOf } from '../../event/features/action-words.ts'
import { hashWord } from '../../event/features/read-words.ts'
import { topicsOf, topicsOfWord } from '../../event/features/topic-words.ts'
import type { ToolClass, ToolKind } from './tool-classes.ts'

/** Sources whose texts anybody may write. */
const untrusted = words(
  'web webpage webpages website page pages url urls http browser browse email emails mail mails inbox message messages issue issues comment comments ticket tickets review reviews feed rss news post posts tweet tweets discussion transcript attachment attachments article articles search internet pr pull notification notifications conversation chat thread',
)
const readers = words(
  'get list read search query fetch find show view lookup load retrieve check describe count browse scrape open download export summarize inspect analyze analyse recall visit click scroll history',
)
const people = words('user users member members collaborator collaborators participant participants role roles')
const rights = words(
  'permission permissions password passwd policy acl access token key keys role roles credentials settings config protection webhook',
)
const outside = words('webhook gist tweet sms slack telegram http request share invite upload publish')

/** What a tool does by the words of its name: the first verb decides, what it is done to says more. */
export const guessClasses = (tool: string): ToolKind => {
  const parts = partsOf(tool)
  const hashes = parts.map(hashWord)
  const verbAt = effectVerb(parts, hashes)
  const topics = topicsOf(
    hashes.reduce((all, hash) => all | topicsOfWord(hash), 0),
    true,
  )
  if (verbAt === -1) return { ...readKind(parts), topics }
  const verb = parts[verbAt] ?? ''
  const bits = actionsOfWord(hashes[verbAt] ?? 0)
  const things = parts.filter((_, at) => at !== verbAt)
  const objects = hashes.reduce((all, hash, at) => (at === verbAt ? all : all | objectsOf(actionsOfWord(hash))), 0)
  const classes = new Set<ToolClass>()
  const does = (bits & effectMask) | (objects & effectMask)
  const strongest = classOrder.find(([bit]) => (bits & bit) !== 0)
  if (strongest !== undefined) classes.add(strongest[1])
  if ((objects & actions.pay) !== 0 && (bits & actions.write) !== 0) classes.add('pays')
  if (things.some((thing) => rights.has(thing) || people.has(thing)) && !classes.has('sends_outside')) {
    classes.add('administers')
  }
  if (things.some((thing) => outside.has(thing)) && !classes.has('destroys')) classes.add('sends_outside')
  if ((objects & actions.pay) !== 0 && verb === 'send') classes.add('pays')
  return { classes: [...classes], does, topics }
}

/** Where the verb is that says what the tool changes; -1 if it only reads. Things such as `email` may be verbs too. */
const effectVerb = (parts: readonly string[], hashes: readonly number[]): number => {
  if (readers.has(parts[0] ?? '') || readers.has(parts.at(-1) ?? '')) return -1
  const hasEffect = (hash: number): boolean => (actionsOfWord(hash) & effectMask) !== 0
  const isThing = (hash: number): boolean => (actionsOfWord(hash) & actions.ambiguous) !== 0
  const sure = hashes.findIndex((hash) => hasEffect(hash) && !isThing(hash))
  if (sure !== -1) return sure
  return parts.some((part) => readers.has(part)) ? -1 : hashes.findIndex(hasEffect)
}

/** Of a verb with several meanings the one with the worst consequence that is its usual one. */
const classOrder = [
  [actions.pay, 'pays'],
  [actions.destroy, 'destroys'],
  [actions.send, 'sends_outside'],
  [actions.execute, 'executes'],
  [actions.write, 'writes'],
  [actions.admin, 'administers'],
] as const satisfies readonly (readonly [number, ToolClass])[]

const readKind = (things: readonly string[]): Omit<ToolKind, 'topics'> => {
  const isUntrusted = things.some((thing) => untrusted.has(thing))
  return { classes: isUntrusted ? ['reads_untrusted'] : ['reads_private'], does: actions.read }
}

/** `send_money`, `sendMoney`, `gmail.send-money` → the words in lower case. */
const partsOf = (tool: string): readonly string[] =>
  tool
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((part) => part !== '')

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '))
}
