import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { AgenttrailError, errorCodes } from '../../src/errors.ts'

const text = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
const rows = [...text.matchAll(/^\| `(AGT_\w+)`\s*\| (\w+)\s*\| (.+?)\s*\|$/gm)].map(([, code, then, advice]) => ({
  code,
  then,
  advice,
}))

test('docs/errors.md lists every code, in order, with what happens by itself', () => {
  expect(rows.map(({ code, then }) => [code, then])).toEqual(Object.entries(errorCodes))
})

test('says what to do about each', () => {
  for (const { code, advice } of rows) expect([code, (advice ?? '').split(' ').length > 8]).toEqual([code, true])
})

test('an error knows its disposition and keeps its cause', () => {
  const cause = new Error('EACCES')
  const error = new AgenttrailError('AGT_LOG_FULL', 'full', { cause })
  expect([error.code, error.disposition, error.cause]).toEqual(['AGT_LOG_FULL', 'retry', cause])
})
