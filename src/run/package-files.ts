import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The package's root: above `src` in a checkout, above `dist/src` in the published package. */
const root = ['../../', '../../../']
  .map((path) => new URL(path, import.meta.url))
  .find((url) => existsSync(new URL('package.json', url)))

export const version =
  root === undefined
    ? 'unknown'
    : (JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { readonly version: string }).version

/** The rules that come with the package. */
export const shippedRulesDir = root === undefined ? '' : fileURLToPath(new URL('rules', root))

/** The built console. */
export const consoleDir = root === undefined ? '' : fileURLToPath(new URL('console/dist', root))
