import { effectMask } from '../event/features/action-words.ts'
import { type ArgumentContent, type Content, featuresVersion, type ResultContent } from '../event/features/content.ts'
import type { Assessment, CallFeatures } from './rows.ts'
import type { View } from './view.ts'

const none: readonly string[] = []
export const noFeatures: CallFeatures = {
  version: 0,
  argumentsBytes: null,
  argumentsSecrets: none,
  argumentsPii: none,
  argumentsEncodings: none,
  argumentsHidden: 0,
  argumentsEntropyMilli: 0,
  destinations: none,
  resultBytes: null,
  resultSecrets: none,
  resultPii: none,
  resultEncodings: none,
  resultHidden: 0,
  resultInstructions: 0,
}

/** What the layers of a call carry of arguments, result and the user's words: of each what the outermost one has. */
export const contentOf = (views: readonly View[]): Content | null => {
  let found: Content | null = null
  for (const { content } of views) {
    if (content === null) continue
    if (found === null) found = content
    else if (found !== content) {
      found = {
        arguments: found.arguments ?? content.arguments,
        result: found.result ?? content.result,
        user: found.user ?? content.user,
      }
    }
  }
  return found
}

/** The features of a call's contents. */
export const featuresOf = (views: readonly View[]): CallFeatures => {
  const content = contentOf(views)
  return content === null ? noFeatures : featuresOfContent(content)
}

export const featuresOfContent = (content: Content): CallFeatures => {
  if (content.arguments === null && content.result === null) return noFeatures
  return { ...noFeatures, version: featuresVersion, ...ofArguments(content.arguments), ...ofResult(content.result) }
}

const ofArguments = (content: ArgumentContent | null): Partial<CallFeatures> =>
  content === null
    ? {}
    : {
        argumentsBytes: content.bytes,
        argumentsSecrets: content.secrets,
        argumentsPii: content.pii,
        argumentsEncodings: content.encodings,
        argumentsHidden: content.hiddenCharacters,
        argumentsEntropyMilli: content.entropyMilli,
        destinations: content.destinations,
      }

const ofResult = (content: ResultContent | null): Partial<CallFeatures> =>
  content === null
    ? {}
    : {
        resultBytes: content.bytes,
        resultSecrets: content.secrets,
        resultPii: content.pii,
        resultEncodings: content.encodings,
        resultHidden: content.hiddenCharacters,
        resultInstructions: content.sketch.passages.filter(({ asks }) => (asks & effectMask) !== 0).length,
      }

/** Whether two assessments say the same. */
export const isSameAssessment = (a: Assessment, b: Assessment): boolean =>
  a === b ||
  (a.flowPercent === b.flowPercent &&
    isSameList(a.toolClasses, b.toolClasses) &&
    isSameList(a.flow, b.flow) &&
    isSameList(a.flowFrom, b.flowFrom))

const isSameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text, at) => text === b[at])
