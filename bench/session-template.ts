import { accessLine, authorizeLine } from './pomerium-lines.ts'
import type { RecordTemplate } from './record-template.ts'

/** The sessions of one connection: so many at a time, each replaced by a new one after so many calls. */
export interface SessionLoad {
  readonly active: number
  /** 0: the same ones to the end. */
  readonly callsPerSession: number
}

interface Slot {
  readonly kind: 'serial' | 'time' | 'login' | 'session'
  readonly offset: number
  /** Which request of the body it is of. */
  readonly request: number
}

const marks = {
  serial: 'SSSSSSSS',
  time: 'TTTT-TT-TTTTT:TT:TTT',
  login: 'LLLLLLLL',
  session: 'MMMMMMMM',
} as const

/**
 * Bodies of authorize lines, each with its access line, whose requests go round the active sessions: every session that
 * is active is as old as the others, and as much is live of each. `firstSerial` keeps several connections apart.
 */
export const createSessionTemplate = (options: {
  readonly lines: number
  readonly firstSerial: number
  readonly sessions: SessionLoad
}): RecordTemplate => {
  const { active, callsPerSession } = options.sessions
  const requests = options.lines >> 1
  const text = Array.from({ length: requests }, (_, request) => linesOf(request)).join('')
  const body = Buffer.from(text, 'latin1')
  const slots = findSlots(text, requests)
  let posts = 0
  return {
    next: (nowMs) => {
      const time = `${new Date(nowMs).toISOString().slice(0, 19)}Z`
      const serial = hexOf(options.firstSerial + posts)
      for (const { kind, offset, request } of slots) {
        const call = posts * requests + request
        const login = call % active
        const generation = callsPerSession === 0 ? 0 : Math.floor(call / active / callsPerSession)
        const text = {
          serial: () => serial,
          time: () => time,
          login: () => hexOf(options.firstSerial + login),
          session: () => hexOf(options.firstSerial + generation * active + login),
        }[kind]
        body.write(text(), offset, 'latin1')
      }
      posts += 1
      return body
    },
  }
}

const hexOf = (value: number): string => value.toString(16).padStart(8, '0')

const linesOf = (request: number): string => {
  const facts = {
    requestId: `${marks.serial}-${request.toString(16).padStart(4, '0')}-4b1d-9c3e-5a7f20c4d1e6`,
    authSession: `${marks.login}-17a1-4711-b00c-a67128bb0dc0`,
    mcpSession: `${marks.session}-13dd-46b3-81e8-5f5b11cf1c4d`,
    user: `idp|${marks.login}`,
    email: `person-${marks.login}@acme.test`,
    traceparent: `00-${marks.serial}${hexOf(request)}8a1dd1f24d7c0e55-${hexOf(request)}d753e92d-01`,
    tool: ['list_issues', 'get_issue', 'get_file_contents', 'search_code'][request % 4] ?? '',
    // What is refused is the subject of other benchmarks.
    isDenied: false,
    server: 'github-mcp',
    variation: request,
    time: marks.time,
  }
  return `${authorizeLine(facts)}\n${accessLine(facts)}\n`
}

const findSlots = (text: string, requests: number): readonly Slot[] => {
  const ends = [...text.matchAll(/\n/g)].map((match) => match.index)
  const slots: Slot[] = []
  for (let request = 0; request < requests; request += 1) {
    const from = request === 0 ? 0 : (ends[request * 2 - 1] ?? 0) + 1
    const pair = text.slice(from, ends[request * 2 + 1])
    for (const kind of ['serial', 'time', 'login', 'session'] as const) {
      for (let at = pair.indexOf(marks[kind]); at >= 0; at = pair.indexOf(marks[kind], at + 1)) {
        slots.push({ kind, offset: from + at, request })
      }
    }
  }
  return slots
}
