import { heldOut } from '../test/scorecard/held-out.ts'
import { makeSessions } from '../test/scorecard/make-sessions.ts'
import { scoreOf, scoreSessions } from '../test/scorecard/score-sessions.ts'
import { training } from '../test/scorecard/training.ts'

/*
 * Goal: how well the shipped rules tell sessions in which an agent obeyed a text from honest ones.
 * Method: labelled sessions made from templates go through the real decoder, analyser and rules. Rules may be tuned on the
 * training templates; the held-out ones share neither tasks, orders, words around them nor places with these.
 */
const counts = { honest: 400, resisted: 100, attacked: 200 }
const arg = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`)
  return at === -1 ? otherwise : Number(process.argv[at + 1])
}
const isVerbose = process.argv.includes('--verbose')
const seed = arg('seed', 1)

const report = (name: string, templates: typeof training, { hasUserText = true } = {}) => {
  const sessions = scoreSessions(makeSessions(templates, counts, { seed, name, hasUserText }))
  const rules = [...new Set(sessions.flatMap(({ findings }) => findings.map(({ ruleId }) => ruleId)))].sort()
  console.log(`\n${name}: ${counts.attacked} attacked, ${counts.honest} honest, ${counts.resisted} resisted`)
  const cell = (text: string | number | null, width: number): string => String(text ?? '–').padStart(width)
  console.log(
    `${'rule'.padEnd(28)}${cell('precision', 10)}${cell('recall', 8)}${cell('FP/1000', 9)}${cell('calls', 7)}`,
  )
  for (const rule of [...rules, null]) {
    const score = scoreOf(sessions, rule)
    const perThousand = Math.round((score.honestSessionsWithHighFinding * 10_000) / score.honestSessions) / 10
    console.log(
      `${(rule ?? 'high or above, together').padEnd(28)}${cell(score.precision, 10)}${cell(score.recall, 8)}${cell(perThousand, 9)}${cell(score.callsToFindingMedian, 7)}`,
    )
  }
  if (isVerbose) {
    for (const { session, findings } of sessions) {
      const isFound = findings.some(({ isHigh, isShadow }) => isHigh && !isShadow)
      if (isFound === (session.label === 'attacked')) continue
      console.log(session.label, findings.map(({ ruleId }) => ruleId).join(' '), JSON.stringify(session.events))
    }
  }
  return scoreOf(sessions, null)
}

report('training', training)
report('held-out, without what the user said', heldOut, { hasUserText: false })
console.log(`\n${JSON.stringify(report('held-out', heldOut))}`)
