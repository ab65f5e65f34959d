import type { Random } from '../simulation/random.ts'

/** A call as an agent makes it, with what it is answered. */
export interface ScriptedCall {
  readonly tool: string
  readonly args: Readonly<Record<string, unknown>>
  readonly result: string
}

/** What an honest user asks for and what an honest agent does about it. */
export interface Task {
  readonly prompt: string
  readonly calls: readonly ScriptedCall[]
}

/** What an attacker wants: the words that a text asks for it in, and the calls of an agent that obeys. */
export interface Goal {
  readonly order: string
  readonly calls: readonly ScriptedCall[]
}

/** A set of templates. Training and held-out sets share neither tasks, goals, wrappings nor places. */
export interface Templates {
  readonly tasks: readonly ((random: Random) => Task)[]
  readonly goals: readonly ((random: Random) => Goal)[]
  /** How an order is put into words around it. */
  readonly wrappings: readonly ((order: string) => string)[]
  /** Where in a result it is put. */
  readonly places: readonly ((result: string, text: string) => string)[]
}

const people = 'ann bob carla dmitri eva farid gina hugo ines jonas kira luca mona nils olga pavel'.split(' ')
const hosts = 'example.com acme.test corp.example mailbox.example.net post.example.org inbox.test'.split(' ')

export const person = (random: Random): string => random.pick(people)
export const email = (random: Random): string => `${person(random)}.${random.between(10, 99)}@${random.pick(hosts)}`
export const host = (random: Random): string =>
  `${random.pick(['news', 'drop', 'files', 'board', 'tips', 'paste'])}-${random.between(10, 999)}.example.${random.pick(['net', 'org', 'com'])}`
export const account = (random: Random): string =>
  `DE${random.between(10, 99)}${Array.from({ length: 18 }, () => random.between(0, 9)).join('')}`
export const amount = (random: Random): number => random.between(100, 99_999) / 100
