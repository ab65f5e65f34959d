import { Buffer, isUtf8 } from 'node:buffer'
import { longRuns } from './long-runs.ts'

const runCharsMin = 20
/** Runs of one text that are decoded. */
const runsMax = 4
const runCharsMax = 8192
/** Of a decoded text so many characters of a hundred must be letters, digits, spaces and usual marks. */
const readablePercent = 90

/** The texts that stand in a text as base64, as hexadecimal digits or percent-encoded. */
export const decodedTexts = (text: string): readonly string[] => {
  const found: string[] = []
  if (text.length >= runCharsMin) {
    for (const run of longRuns(text, runCharsMin).slice(0, runsMax)) {
      const decoded = decodeRun(run.slice(0, runCharsMax))
      if (decoded !== null) found.push(decoded)
    }
  }
  if (text.includes('%') && /%[0-9A-Fa-f]{2}/.test(text)) {
    const decoded = unescaped(text)
    if (decoded !== null && decoded !== text) found.push(decoded)
  }
  return found
}

const decodeRun = (run: string): string | null => {
  if (/^(?:[0-9a-fA-F]{2})+$/.test(run)) return readable(Buffer.from(run, 'hex'))
  return /[A-Z]/.test(run) && /[a-z0-9]/.test(run) ? readable(Buffer.from(run, 'base64')) : null
}

const readable = (bytes: Buffer): string | null => {
  if (bytes.length < 8 || !isUtf8(bytes)) return null
  const text = bytes.toString()
  const plain = text.match(/[\p{L}\p{N}\s.,:;!?@/'"()_-]/gu)?.length ?? 0
  return plain * 100 >= text.length * readablePercent ? text : null
}

const unescaped = (text: string): string | null => {
  try {
    return decodeURIComponent(text)
  } catch {
    // A percent sign that is only that.
    return null
  }
}
