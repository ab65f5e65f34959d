import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

test('every runbook that a page names is there', async () => {
  const files = (await readdir('src/respond', { recursive: true })).filter((file) => file.endsWith('.ts'))
  const texts = await Promise.all(files.map((file) => readFile(`src/respond/${file}`, 'utf8')))
  const named = new Set(
    texts.flatMap((text) => [...text.matchAll(/runbook: '([\w-]+)'/g)].map(([, name]) => `${name}.md`)),
  )
  expect(named.size).toBeGreaterThan(2)
  expect(await readdir('docs/runbooks')).toEqual(expect.arrayContaining([...named]))
})
