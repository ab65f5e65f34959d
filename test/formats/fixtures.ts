import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const here = import.meta.dirname

/** Every `<format>/<name>.ndjson` beside this file. */
export const fixtureFiles = (): readonly { readonly format: string; readonly name: string }[] =>
  readdirSync(here, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: format }) =>
      readdirSync(join(here, format))
        .filter((name) => name.endsWith('.ndjson'))
        .map((name) => ({ format, name })),
    )

/** The lines of every fixture of one format. */
export const fixtureLines = (format: string): readonly string[] =>
  fixtureFiles()
    .filter((file) => file.format === format)
    .flatMap(({ name }) => readFileSync(join(here, format, name), 'utf8').split('\n'))
    .filter((line) => line !== '')
