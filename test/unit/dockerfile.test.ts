import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const text = readFileSync('Dockerfile', 'utf8').replaceAll(/\\\n\s*/g, '')
const instructions = text
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => ({ name: line.split(' ')[0] ?? '', rest: line.slice(line.indexOf(' ') + 1) }))
const of = (name: string): readonly string[] =>
  instructions.filter((each) => each.name === name).map(({ rest }) => rest)
const { devDependencies, engines } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly devDependencies: Readonly<Record<string, string>>
  readonly engines: Readonly<Record<string, string>>
}

test('the image runs on the Node that the tests run on', () => {
  expect(engines['node']).toBe('>=24')
  for (const image of of('FROM')) expect(image).toMatch(`node:${devDependencies['node']}-bookworm-slim`)
})

test('nothing of it runs as root, and the program cannot be changed by it', () => {
  const last = instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'))
  expect(last.filter(({ name }) => name === 'USER').map(({ rest }) => rest)).toEqual(['node'])
  expect(last.some(({ name, rest }) => name === 'COPY' && rest.includes('--chown'))).toBe(false)
})

test('what is copied into the image is there, and not kept out of its context', () => {
  const ignored = readFileSync('.dockerignore', 'utf8').trim().split('\n')
  const copied = of('COPY').flatMap((rest) => rest.split(' ').filter((part) => part.startsWith('/app/')))
  const made = ['dist', 'node_modules', 'console/dist']
  const sources = copied.map((path) => path.replace('/app/', '')).filter((path) => !made.includes(path))
  expect(sources).toEqual(expect.arrayContaining(['package.json', 'bin', 'migrations', 'rules']))
  expect(sources.filter((path) => !existsSync(path) || ignored.includes(path))).toEqual([])
})

test('it says whether it lives, and stops when asked to', () => {
  expect(of('HEALTHCHECK')).toHaveLength(1)
  expect(of('HEALTHCHECK')[0]).toContain('/health/live')
  expect(of('ENTRYPOINT')).toEqual(['["node", "/app/bin/agenttrail.mjs"]'])
})
