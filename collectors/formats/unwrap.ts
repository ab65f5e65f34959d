import type { JsonObject } from '../../src/ingest/format.ts'

const cri = /^\d{4}-\d\d-\d\dT\S{8,30} std(?:out|err) [FP](?: |$)/
const syslog5424 =
  /^<\d{1,3}>\d{1,2} \S{1,64} \S{1,255} \S{1,48} \S{1,128} \S{1,32} (?:-|(?:\[(?:[^\]\\]|\\.){0,2048}\]){1,8}) ?\uFEFF?/
const syslog3164 = /^(?:<\d{1,3}>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S{1,255} [^\s:[]{1,64}(?:\[\d{1,10}\])?: /

/**
 * The line within a text wrapper: CRI (`<time> stdout F …`), syslog (RFC 5424 or 3164). `undefined` where there is none.
 */
export const unwrapText = (line: string): string | undefined => {
  // A record that is itself an object needs no look, and that is nearly all of them.
  if (line.startsWith('{')) return undefined
  for (const prefix of [cri, syslog5424, syslog3164]) {
    const match = prefix.exec(line)
    if (match !== null) return line.slice(match[0].length)
  }
  return undefined
}

/**
 * The line within a JSON wrapper: Docker's `{"log":"…\n","stream":…,"time":…}`, journald's `{"MESSAGE":"…","__CURSOR":…}`.
 * `undefined` where there is none.
 */
export const unwrapObject = (value: JsonObject): string | undefined => {
  const { log, stream, time } = value
  if (typeof log === 'string' && typeof stream === 'string' && typeof time === 'string')
    return log.replace(/\r?\n$/, '')
  const message = value['MESSAGE']
  const isJournal = '__REALTIME_TIMESTAMP' in value || '_SYSTEMD_UNIT' in value || '__CURSOR' in value
  if (!isJournal) return undefined
  if (typeof message === 'string') return message
  // journald writes what is not plain text as an array of bytes.
  return isBytes(message) ? new TextDecoder().decode(Uint8Array.from(message)) : undefined
}

const isBytes = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.length > 0 && value.every((item) => Number.isInteger(item) && item >= 0 && item <= 255)
