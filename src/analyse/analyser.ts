import assert from 'node:assert'
import type { EntityTable } from '../correlate/entity-table.ts'
import { parseRules, type RuleSet } from '../detect/parse-rules.ts'
import { AgenttrailError } from '../errors.ts'
import type { Activation, BatchEntry, LogEntry } from '../log/entry.ts'
import type { Effect } from '../respond/effect.ts'
import type { Revocation } from '../respond/revocation.ts'
import { CommandRecord } from './command-record.ts'
import type { DecodeBatch } from './decode.ts'
import { Intake } from './intake.ts'
import { Realm } from './realm.ts'
import type { RealmScalars } from './realm-scalars.ts'
import type { RowSink } from './rows.ts'
import type { OutcomeCounts } from './seen.ts'

/** Raised with every change that makes the same log mean something else. Older code stops at a newer version. */
export const codeVersion = 7

export interface AnalyserDeps {
  readonly decode: DecodeBatch
  readonly sink: RowSink
  /** Effects of entries that are applied again after a replay come again; their key tells. */
  readonly onEffect: (effect: Effect) => void
  /** Reads rule files, a function of their texts: whoever makes many analysers remembers what it read. */
  readonly readRules?: typeof parseRules
}

/** Until the log's first activation says otherwise. */
const defaultActivation: Activation = {
  codeVersion,
  latenessMs: 120_000,
  sourceSilentMs: 60_000,
  sessionIdleMs: 30 * 60_000,
  callsLiveMax: 200_000,
  response: 'dry-run',
  tokenKeyId: '',
  agents: [],
  sessionPerCallClients: [],
  rules: [],
}

/** How often what can be forgotten is looked for, in tick time. */
const expireEveryMs = 10_000

/**
 * The state machine over the log: no clock, no randomness, no other input. Its state is a function of the entries
 * applied, and so are the rows and effects that it yields; `docs/decisions/0001-time-identity-and-replay.md`.
 */
export class Analyser {
  /** Position of the last entry applied. */
  position = 0
  /** Position of the last mark applied. */
  markPosition = 0
  tickMs = 0

  readonly #deps: AnalyserDeps
  readonly #intake: Intake
  readonly #commands: CommandRecord
  readonly #realms = new Map<string, Realm>()
  readonly #parts = new Map<string, BatchEntry[]>()
  #activation = defaultActivation
  #rules: Pick<RuleSet, 'rules' | 'tools'> = parseRules([])
  #expiredAtMs = 0

  constructor(deps: AnalyserDeps) {
    this.#deps = deps
    this.#commands = new CommandRecord(deps.sink)
    this.#intake = new Intake({ decode: deps.decode, sink: deps.sink, realm: (name) => this.#realm(name) })
  }

  /** How records ended, by format. */
  get records(): Readonly<Record<string, OutcomeCounts>> {
    return this.#intake.records
  }

  /** How often each bound on what is in memory was reached, over all realms. */
  get limitsReached(): Readonly<Record<string, number>> {
    const sum: Record<string, number> = { seen_ids: this.#intake.seen.forgotten }
    for (const realm of this.#realms.values()) {
      for (const [limit, count] of Object.entries(realm.limitsReached)) sum[limit] = (sum[limit] ?? 0) + count
    }
    return sum
  }

  get activation(): Activation {
    return this.#activation
  }

  get realms(): ReadonlyMap<string, Realm> {
    return this.#realms
  }

  apply(position: number, entry: LogEntry): void {
    assert(position === this.position + 1 || this.position === 0, 'entries are applied in order and without a gap')
    this.position = position
    switch (entry.kind) {
      case 'batch':
        this.#batchPart(entry)
        break
      case 'tick':
        this.#tick(entry.timeMs)
        break
      case 'mark':
        this.#mark()
        break
      case 'activation':
        this.#activate(entry.content)
        break
      case 'command':
        this.#realm(entry.realm).command(entry)
        this.#commands.add(entry, this)
        break
      case 'receipt':
        this.#realm(entry.realm).receipt(entry)
        break
    }
  }

  /** How the records of a batch ended; null if it was not analysed yet, or its day is over. */
  batchOutcome(realm: string, batchId: string): Readonly<OutcomeCounts> | null {
    return this.#intake.outcomeOf(realm, batchId)
  }

  /** Whether there is something that only waits for a mark. The log's owner appends one when asked. */
  wantsMark(): boolean {
    if (this.#intake.hasRows || this.#commands.isDue(this.tickMs)) return true
    for (const realm of this.#realms.values()) if (realm.hasRows()) return true
    return false
  }

  /** Effects without a final receipt: after a replay the dispatcher sends them again. */
  pendingEffects(): Effect[] {
    return [...this.#realms.values()].flatMap((realm) => realm.response.actions.pending())
  }

  /** How the response of a realm stands, and what became of a command that was applied. */
  response(realm: string, command: Parameters<Realm['response']['commands']['answer']>[0] | null) {
    const { actions, commands } = this.#realm(realm).response
    const { pause, limits } = actions.gate
    const revocations = actions.inForce
    return { pause, limits, revocations, command: command === null ? null : commands.answer(command) }
  }

  /** What the lever denies now: all that a decision service must know after a start. */
  revocations(lever: string): Revocation[] {
    return [...this.#realms.values()].flatMap((realm) => realm.response.actions.revocations(lever))
  }

  /** Actions that are marked as waiting for their evidence although all of it is stored by now. */
  actionsEvidenced(storedThrough: number): { readonly realm: string; readonly actionId: string }[] {
    return [...this.#realms].flatMap(([realm, { response }]) =>
      response.actions.evidenced(storedThrough).map((actionId) => ({ realm, actionId })),
    )
  }

  /** Everything that a snapshot copies while the analyser goes on. */
  tables(): { readonly realm: string | null; readonly table: EntityTable<never> }[] {
    const own = [this.#intake.seen.ids, this.#intake.seen.positions] as unknown as readonly EntityTable<never>[]
    return [
      ...own.map((table) => ({ realm: null, table })),
      ...[...this.#realms.values()].flatMap((realm) => realm.tables.map((table) => ({ realm: realm.name, table }))),
    ]
  }

  /** What a snapshot keeps beside the tables. Taken at a mark, when nothing else is pending. */
  saveScalars(): AnalyserScalars {
    return structuredClone({
      codeVersion,
      position: this.position,
      markPosition: this.markPosition,
      tickMs: this.tickMs,
      activation: this.#activation,
      expiredAtMs: this.#expiredAtMs,
      seenForgotten: this.#intake.seen.forgotten,
      records: this.records,
      parts: [...this.#parts],
      realms: [...this.#realms].map(([name, realm]) => [name, realm.saveScalars()] as const),
    })
  }

  /** Makes the realms that a snapshot names, so that their tables can be loaded. */
  prepare(scalars: AnalyserScalars): void {
    if (scalars.codeVersion > codeVersion) throw newerCode(scalars.codeVersion)
    this.#adopt(scalars.activation)
    for (const [name] of scalars.realms) this.#realm(name)
  }

  /** Completes the analyser after its tables were loaded. */
  restore(scalars: AnalyserScalars): void {
    this.position = scalars.position
    this.markPosition = scalars.markPosition
    this.tickMs = scalars.tickMs
    this.#expiredAtMs = scalars.expiredAtMs
    this.#intake.seen.forgotten = scalars.seenForgotten
    Object.assign(this.#intake.records, scalars.records)
    for (const [id, parts] of scalars.parts) this.#parts.set(id, [...parts])
    for (const [name, realm] of scalars.realms) this.#realm(name).restore(realm)
  }

  #activate(content: Activation): void {
    if (content.codeVersion > codeVersion) throw newerCode(content.codeVersion)
    const before = this.#activation
    this.#adopt(content)
    const isOtherSet = !isSameSet(before.rules, this.#activation.rules)
    for (const realm of this.#realms.values()) {
      realm.activate(this.#activation)
      if (isOtherSet) realm.setRules(this.#rules)
    }
  }

  /** Works by an activation from here on. Rules that this version does not understand find nothing. */
  #adopt(content: Activation): void {
    // An entry of a version without rule files has none.
    const rules = content.rules ?? []
    if (!isSameSet(this.#activation.rules, rules)) {
      this.#rules = (this.#deps.readRules ?? parseRules)(rules)
    }
    this.#activation = { ...content, rules }
  }

  #tick(timeMs: number): void {
    // A clock that was set back does not turn time back.
    this.tickMs = Math.max(this.tickMs, timeMs)
    for (const realm of this.#realms.values()) realm.tick(this.tickMs, this.#activation)
    if (this.tickMs - this.#expiredAtMs < expireEveryMs) return
    this.#expiredAtMs = this.tickMs
    this.#intake.seen.expire(this.tickMs)
    for (const realm of this.#realms.values()) realm.expire(this.tickMs, this.position)
  }

  #mark(): void {
    for (const realm of this.#realms.values()) realm.mark(this.position)
    this.markPosition = this.position
    this.#intake.hasRows = false
    this.#commands.mark()
  }

  /** The parts of one body are applied together, when the last one is here. */
  #batchPart(entry: BatchEntry): void {
    if (entry.parts === 1) {
      this.#batch([entry])
      return
    }
    const id = `${entry.realm}\u0000${entry.batchId}`
    // A body that was sent again after a crash begins anew.
    const known = entry.part === 0 ? [] : (this.#parts.get(id) ?? [])
    // Two that send the same body at once: its parts are the same, and those that come a second time are one too many.
    if (entry.part !== known.length) return
    known.push(entry)
    if (known.length < entry.parts) {
      this.#parts.set(id, known)
      return
    }
    this.#parts.delete(id)
    this.#batch(known)
  }

  #batch(parts: readonly BatchEntry[]): void {
    const first = parts[0]
    // Before the first tick of a log the batch's own time stands in for it.
    if (this.tickMs === 0 && first !== undefined) this.tickMs = first.receivedMs
    this.#intake.batch(parts, { position: this.position, tickMs: this.tickMs })
    if (first !== undefined) this.#realm(first.realm).response.heard(first.receivedMs)
  }

  #realm(name: string): Realm {
    const known = this.#realms.get(name)
    if (known !== undefined) return known
    const { sink, onEffect } = this.#deps
    const realm = new Realm({ name, sink, onEffect, tickMs: this.tickMs })
    realm.activate(this.#activation)
    realm.setRules(this.#rules)
    this.#realms.set(name, realm)
    return realm
  }
}

export interface AnalyserScalars {
  readonly codeVersion: number
  readonly position: number
  readonly markPosition: number
  readonly tickMs: number
  readonly activation: Activation
  readonly expiredAtMs: number
  readonly seenForgotten: number
  readonly records: Record<string, OutcomeCounts>
  readonly parts: readonly (readonly [string, readonly BatchEntry[]])[]
  readonly realms: readonly (readonly [string, RealmScalars])[]
}

const isSameSet = (a: Activation['rules'], b: Activation['rules']): boolean =>
  a.length === b.length && a.every((file, at) => file.name === b[at]?.name && file.text === b[at]?.text)

const newerCode = (version: number): AgenttrailError =>
  new AgenttrailError(
    'AGT_DATA_DIR_NEWER',
    `The log was written by a newer agenttrail (code version ${version}, this one knows ${codeVersion}). Start that version, or restore a backup made before the upgrade.`,
  )
