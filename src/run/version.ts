import { readFileSync } from 'node:fs'

/** Of the package: beside `src` in a checkout, two levels above the built file in the published one. */
const packageFile = ['../../package.json', '../../../package.json']
  .map((path) => new URL(path, import.meta.url))
  .find((url) => isPackage(url))

function isPackage(url: URL): boolean {
  try {
    return (JSON.parse(readFileSync(url, 'utf8')) as { readonly name?: string }).name === 'agenttrail'
  } catch {
    return false
  }
}

export const version =
  packageFile === undefined
    ? 'unknown'
    : (JSON.parse(readFileSync(packageFile, 'utf8')) as { readonly version: string }).version
