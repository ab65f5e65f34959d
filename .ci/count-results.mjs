// Prints "N passed, N failed" from vitest's JSON report. Exit 1 if anything failed or nothing ran.
import { readFileSync } from 'node:fs'

const [path = '', status = '1'] = process.argv.slice(2)

let report = { testResults: [] }
try {
  report = JSON.parse(readFileSync(path, 'utf8'))
} catch (error) {
  process.stderr.write(`vitest left no report (${error.message})\n`)
}

let passed = 0
let failed = 0
for (const file of report.testResults ?? []) {
  const tests = file.assertionResults ?? []
  passed += tests.filter((test) => test.status === 'passed').length
  const failedHere = tests.filter((test) => test.status === 'failed').length
  // A file that could not be loaded, or whose hooks failed, has no failed test to show for it.
  failed += failedHere === 0 && file.status === 'failed' ? 1 : failedHere
}
// Whatever else made the command fail counts too: a crash, an unhandled error, an installation that broke off.
if (failed === 0 && (status !== '0' || passed === 0)) failed = 1

process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
