import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** `DESIGN.md` §10 as data: what a folder may import besides itself and `src/errors.ts`. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'src/event': [],
  'src/ingest': ['src/event'],
  collectors: ['src/event', 'src/ingest'],
  'src/correlate': ['src/event'],
  'src/detect': ['src/correlate', 'src/event'],
  'src/respond': ['src/detect', 'src/correlate', 'src/event'],
  'src/analyse': ['src/respond', 'src/detect', 'src/correlate', 'src/event', 'src/log/entry.ts', 'src/log/log.ts'],
  // Outside: the interfaces and rows of the inner folders, never each other.
  'src/log': ['src/ingest', 'src/event'],
  'src/store': [
    'src/analyse',
    'src/respond',
    'src/detect',
    'src/correlate',
    'src/event',
    // The read model is an interface of its own: implemented here, called by the API, put together in `src/run`.
    'src/api/read-model.ts',
    'src/api/inventory-shape.ts',
    'src/api/search/search-node.ts',
  ],
  'src/engine': [],
  'src/telemetry': ['src/api/read-model.ts'],
  'src/api': ['src/ingest', 'src/event'],
  'src/evidence': ['src/analyse', 'src/event'],
  'src/run': ['collectors', 'src'],
  'src/cli': ['src/run'],
}
/** Settings and errors are for everybody but `event`. */
const forAllButEvent = [
  /^src\/config(-[a-z-]+)?\.ts$/,
  'src/describe-config.ts',
  'src/did-you-mean.ts',
  'src/errors.ts',
]
const settingsFiles = 'src'

const importPattern =
  /(?:^|[\s;])(?:import|export)\s(?:[^'"`;]*?\sfrom\s*)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|new URL\(\s*['"](\.[^'"]+\.ts)['"]/g

interface Import {
  readonly file: string
  readonly target: string
}

const importsOf = (file: string, text: string): readonly Import[] =>
  [...text.matchAll(importPattern)]
    .map((match) => match[1] ?? match[2] ?? match[3] ?? '')
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => ({ file, target: normalize(join(dirname(file), specifier)) }))

const folderOf = (path: string): string => {
  if (path.startsWith('collectors/')) return 'collectors'
  const [, folder = '', rest] = path.split('/')
  return rest === undefined ? settingsFiles : `src/${folder}`
}

/** What is wrong with an import, or `null`. */
const problemOf = ({ file, target }: Import): string | null => {
  const from = folderOf(file)
  const isInside = folderOf(target) === from
  if (isInside && from !== settingsFiles) return null
  const isSetting = forAllButEvent.some((known) => (typeof known === 'string' ? known === target : known.test(target)))
  if (isSetting && from !== 'src/event') return null
  const isAllowed = (allowed[from] ?? []).some((path) => target === path || target.startsWith(`${path}/`))
  return isAllowed ? null : `${file} must not import ${target}`
}

const sourceFiles = (['src', 'collectors'] as const).flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name))),
)
const allImports = sourceFiles.flatMap((file) => importsOf(file, readFileSync(join(root, file), 'utf8')))

/*
 * Goal: no folder imports what `DESIGN.md` §10 does not give it.
 * Method: every relative import, static, dynamic or by URL, of every source file is compared with the table above; wrong
 * imports that are made up show that the comparison sees them.
 */
describe('imports between folders', () => {
  test('every import is one that the design allows', () => {
    expect(allImports.length).toBeGreaterThan(300)
    expect(allImports.map(problemOf).filter((problem) => problem !== null)).toEqual([])
  })

  test('every folder has its row', () => {
    const folders = new Set(sourceFiles.map(folderOf))
    folders.delete(settingsFiles)
    expect([...folders].filter((folder) => allowed[folder] === undefined)).toEqual([])
  })

  test.each([
    ['src/event/a.ts', "import { b } from '../errors.ts'"],
    ['src/correlate/a.ts', "import type { B } from '../detect/b.ts'"],
    ['src/detect/a.ts', "import {\n  b,\n  type C,\n} from '../store/b.ts'"],
    ['src/analyse/a.ts', "import { b } from '../log/lmdb-log.ts'"],
    ['src/store/a.ts', "export { b } from '../engine/b.ts'"],
    ['src/api/a.ts', "const b = await import('../store/b.ts')"],
    ['src/cli/a.ts', "import { b } from '../api/b.ts'"],
    ['src/respond/a.ts', "import '../analyse/b.ts'"],
    ['src/engine/a.ts', "const b = new URL('../store/b.ts', import.meta.url)"],
    ['collectors/formats/a.ts', "import { b } from '../../src/correlate/b.ts'"],
    ['src/config.ts', "import { b } from './run/b.ts'"],
  ])('%s: %s is found wrong', (file, text) => {
    const problems = importsOf(file, text).map(problemOf)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(`${file} must not import`)
  })

  test.each([
    ['src/store/a.ts', "import { b } from '../errors.ts'"],
    ['src/run/a.ts', "import { b } from '../../collectors/registry.ts'"],
    ['src/analyse/a.ts', "import type { B } from '../log/entry.ts'"],
    ['collectors/formats/a.ts', "import { b } from './b.ts'"],
    ['src/cli/a.ts', "import { z } from 'zod'"],
  ])('%s: %s is fine', (file, text) => {
    expect(
      importsOf(file, text)
        .map(problemOf)
        .filter((problem) => problem !== null),
    ).toEqual([])
  })
})
