import { featuresOfContent } from '../correlate/call-content.ts'
import { EntityTable } from '../correlate/entity-table.ts'
import { type Content, readContent } from '../event/features/content.ts'
import type { CallFact } from './call-fact.ts'
import { AgentPlaces, copyPlaces } from './flow/agent-places.ts'
import { followCall, noFlow } from './flow/assess-flow.ts'
import { createSessionFlow, type SessionFlow } from './flow/session-flow.ts'
import type { ToolClasses } from './tools/tool-classes.ts'

/** What an event of a call would carry: JSON text, `''` if nothing. */
export interface CallContents {
  readonly arguments: string
  readonly result: string
  readonly userText: string
}

export interface TestCall {
  readonly fact: CallFact
  readonly contents: CallContents
}

/** The contents that a call of a test states, and the rest of it. */
export const takeContents = (
  shape: Readonly<Record<string, unknown>>,
): { readonly contents: CallContents; readonly rest: Readonly<Record<string, unknown>> } => {
  const { arguments: args, result, userText, ...rest } = shape
  return {
    contents: {
      arguments: jsonText(args),
      result: jsonText(result),
      userText: userText === undefined ? '' : String(userText),
    },
    rest,
  }
}

const jsonText = (value: unknown): string => (value === undefined ? '' : JSON.stringify(value))

/** Calls in their order as rules see them: with what their contents show and how these stand to earlier ones. */
export const assessTestCalls = (calls: readonly TestCall[], tools: ToolClasses): readonly CallFact[] => {
  const sessions = new Map<string, SessionFlow>()
  const places = new AgentPlaces(new EntityTable('testPlaces', copyPlaces))
  return calls.map(({ fact, contents }) => {
    const content = readContent(contents)
    const features = content === null ? fact.features : featuresOfContent(content)
    const session = sessions.get(fact.sessionId) ?? createSessionFlow()
    sessions.set(fact.sessionId, session)
    const assessment = assessOne(fact, { content, session, places, tools })
    return { ...fact, features, assessment }
  })
}

const assessOne = (
  fact: CallFact,
  of: {
    readonly content: Content | null
    readonly session: SessionFlow
    readonly places: AgentPlaces
    readonly tools: ToolClasses
  },
): CallFact['assessment'] => {
  const tool = of.tools.of(fact.tool)
  // A test may state what the analyser would make of a call.
  const stated = fact.assessment
  const toolClasses = stated.toolClasses.length > 0 ? stated.toolClasses : tool.classes
  if (of.content === null) return { ...stated, toolClasses }
  const actor = { timeUs: fact.timeUs, agent: { agentId: fact.agentId }, actor: { clientName: fact.clientName } }
  const isUsual = of.places.of(actor)
  const flow = followCall(of.session, { id: fact.id, timeUs: fact.timeUs, tool, content: of.content, isUsual })
  const assessment = { ...noFlow, ...flow, toolClasses }
  of.places.learn(actor, { assessment, content: of.content })
  return assessment
}
