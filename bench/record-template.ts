import { accessLine, authorizeLine, type RequestFacts } from './pomerium-lines.ts'

/**
 * Pomerium lines as bodies, made by writing ids and times over a template: the generator must cost little, because it
 * shares the machine with what is measured. Three authorize lines to two access lines, each of which belongs to one of
 * them; 940 bytes a line on average; every record is distinct.
 */
export interface RecordTemplate {
  /** The next body. The buffer is used again by the next call. */
  readonly next: (nowMs: number) => Buffer
}

interface Slot {
  readonly kind: 'serial' | 'session' | 'time'
  readonly offset: number
}

const serialMark = 'SSSSSSSS'
const sessionMark = 'MMMMMMMM'
const timeMark = 'TTTT-TT-TTTTT:TT:TTT'
/** Bodies that share their MCP sessions before new ones begin. */
const bodiesPerSession = 64
const agents = 250
const tools = [
  'list_issues',
  'get_issue',
  'get_file_contents',
  'search_code',
  'create_pull_request',
  'create_repository',
]

/** `firstSerial` keeps the ids of several generators apart. */
export const createRecordTemplate = (options: {
  readonly lines: number
  readonly firstSerial: number
}): RecordTemplate => {
  const text = Array.from({ length: options.lines }, (_, index) => lineAt(index)).join('')
  const body = Buffer.from(text, 'latin1')
  const slots = findSlots(text)
  let serial = options.firstSerial
  return {
    next: (nowMs) => {
      serial += 1
      const values = {
        serial: serial.toString(16).padStart(8, '0'),
        session: Math.floor(serial / bodiesPerSession)
          .toString(16)
          .padStart(8, '0'),
        time: `${new Date(nowMs).toISOString().slice(0, 19)}Z`,
      }
      for (const { kind, offset } of slots) body.write(values[kind], offset, 'latin1')
      return body
    },
  }
}

/** Of five lines three are authorize checks and two the access lines of the first two. */
const lineAt = (index: number): string => {
  const group = Math.floor(index / 5)
  const place = index % 5
  return `${place < 3 ? authorizeLine(requestAt(group * 3 + place)) : accessLine(requestAt(group * 3 + place - 3))}\n`
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')

/** What a request is, from its number within the body: the same in both of its lines. */
const requestAt = (request: number): RequestFacts => {
  const agent = (request * 7) % agents
  return {
    requestId: `${serialMark}-${hex(request, 4)}-4b1d-9c3e-5a7f20c4d1e6`,
    authSession: `1b3a2dcb-17a1-4711-b00c-${hex(agent, 12)}`,
    mcpSession: `${sessionMark}-13dd-46b3-81e8-${hex(agent, 12)}`,
    user: `idp|${hex(agent % 60, 20)}`,
    email: `person${agent % 60}@acme.test`,
    traceparent: `00-${serialMark}${hex(request, 8)}8a1dd1f24d7c0e55-${hex(request, 8)}d753e92d-01`,
    tool: tools[request % tools.length] ?? '',
    isDenied: request % 48 === 47,
    server: ['github-mcp', 'files-mcp', 'slack-mcp'][agent % 3] ?? '',
    variation: request,
    time: timeMark,
  }
}

const findSlots = (text: string): readonly Slot[] => {
  const marks = [
    ['serial', serialMark],
    ['session', sessionMark],
    ['time', timeMark],
  ] as const
  return marks.flatMap(([kind, mark]) => {
    const slots: Slot[] = []
    for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + mark.length))
      slots.push({ kind, offset: at })
    return slots
  })
}
