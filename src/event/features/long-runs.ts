const inRun = new Uint8Array(128)
for (let code = 0; code < 128; code += 1) if (/[A-Za-z0-9+/_-]/.test(String.fromCharCode(code))) inRun[code] = 1

/** Runs of one text that are looked at. */
const runsMax = 16

/**
 * The long runs of letters, digits and the marks of base64 (but its padding, which is also what follows a name) in a text, at least `charsMin` each. By hand: a pattern would
 * try anew at every character of every word.
 */
export const longRuns = (text: string, charsMin: number): readonly string[] => {
  const runs: string[] = []
  let start = 0
  for (let at = 0; at <= text.length; at += 1) {
    const code = at === text.length ? 128 : text.charCodeAt(at)
    if (code < 128 && inRun[code] === 1) continue
    if (at - start >= charsMin && runs.length < runsMax) runs.push(text.slice(start, at))
    start = at + 1
  }
  return runs
}
