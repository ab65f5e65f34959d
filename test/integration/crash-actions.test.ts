import { expect, test } from 'vitest'
import { crashActions, crashPoints } from '../../scripts/crash-actions.ts'

/*
Goal: a server that is killed while it pages and revokes finishes both after its restart, forgets no revocation, and pages once.
Method: the first two of the kills of `npm run test:crash -- --actions` that can lose or repeat something.
*/
test('what was under way at a kill ends as it should, and takes effect once', async () => {
  const points = ['revoke apply request after', 'agenttrail.page.resolved unanswered']
  expect(crashPoints).toEqual(expect.arrayContaining(points))
  const verdict = await crashActions(points)
  expect(verdict).toMatchObject({ kills: 2, unfinished: 0, revocationsLost: 0, pagesWrong: 0 })
  // The page's end was sent again, as nobody had answered it.
  expect(verdict.repeats).toBeGreaterThan(0)
}, 300_000)
