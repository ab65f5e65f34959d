import { parseRules } from '../src/detect/parse-rules.ts'
import { loadRuleFiles } from '../src/run/load-rules.ts'
import { measureDelay } from './detection-delay.ts'
import { measureFeatures } from './feature-cost.ts'
import { generatedRules } from './generated-rules.ts'
import { measureAnalysers } from './rules-analysers.ts'
import { measureDetectors } from './rules-detectors.ts'

/** Batches of a thousand lines for each second that was asked for. */
const batchesPerSecond = 8

/** `npm run bench -- rules`: what rules cost beside everything else, and how long a finding takes. */
export const rules = async ({ seconds }: { readonly seconds: number }): Promise<void> => {
  const files = loadRuleFiles('rules')
  const { without, withAll, calls } = measureAnalysers(files, Math.ceil(seconds * batchesPerSecond))
  const shipped = parseRules(files).rules
  const microsOf = measureDetectors(
    new Map([...shipped.map((rule) => [rule.id, [rule]] as const), ['all rules', shipped] as const]),
    calls,
  )
  const generated = measureDetectors(
    new Map([50, 1000].map((count) => [String(count), generatedRules(count)] as const)),
    calls,
  )
  const share = (micros: number): string => (micros / without).toFixed(4)
  console.table([...microsOf].map(([rule, micros]) => ({ rule, 'µs/call': micros.toFixed(3), share: share(micros) })))
  const features = measureFeatures()
  console.table(features.table)
  const delay = await measureDelay(seconds).catch((error: unknown) => {
    // What was measured before is told all the same.
    console.error(error)
    process.exitCode = 1
    return { detectP50Ms: null, detectP99Ms: null }
  })
  const few = generated.get('50') ?? 0
  const many = generated.get('1000') ?? 0
  console.table({
    'µs/call without rules': without.toFixed(1),
    'µs/call with all rules': withAll.toFixed(1),
    'µs/call of 50 generated rules': few.toFixed(2),
    'µs/call of 1,000 generated rules': many.toFixed(2),
  })
  console.log(
    JSON.stringify({
      cpuShareAllRules: rounded((withAll - without) / without, 3),
      cpuMicrosPerCall50: rounded(few, 2),
      cpuMicrosPerCall1000: rounded(many, 2),
      ratio: rounded(many / few, 2),
      cpuMicrosPerCallWithoutRules: rounded(without, 1),
      featureMicrosPerKilobyte: rounded(features.microsPerKilobyte, 2),
      featureMicrosPerCallWithoutContent: rounded(features.microsPerCallWithoutContent, 3),
      ...delay,
    }),
  )
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits))
