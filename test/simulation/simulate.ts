import { type ActivityEvent, emptyEvent } from '../../src/event/event.ts'
import { Random } from './random.ts'
import { type Delivery, Simulator } from './simulator.ts'
import { happenedUs, hastySource, makeTraffic, startUs, type Traffic } from './traffic.ts'

/** How a run treats the same records. */
export interface Treatment {
  readonly seed: number
  /** How far a record may arrive behind its time, in seconds; below the lateness bound. */
  readonly disorderSeconds: number
  readonly crashProbability: number
  readonly redeliverProbability: number
  readonly storeAwayProbability: number
  readonly snapshotProbability: number
  readonly logBytesMax: number
}

/** In order, once, with nothing failing: what every other treatment must end in. */
export const plain: Treatment = {
  seed: 1,
  disorderSeconds: 0,
  crashProbability: 0,
  redeliverProbability: 0,
  storeAwayProbability: 0,
  snapshotProbability: 0,
  logBytesMax: Number.MAX_SAFE_INTEGER,
}

/** A full log turns sources away for at most this long: with the disorder it must stay below the lateness bound. */
const refusedMsMax = 12_000

/** Traffic of a seed: a silence of all sources and a clock that is ahead come and go with it. */
export const trafficOf = (seed: number): Traffic => {
  const random = new Random(seed)
  const silenceSeconds = random.chance(0.3) ? random.between(90, 900) : 0
  const aheadSeconds = random.chance(0.3) ? 3600 : 0
  return makeTraffic(random, { agents: 8, spanSeconds: 1200, silenceSeconds, aheadSeconds })
}

/** Runs the records through a simulator under a treatment and lets everything become final. */
export const simulate = async (traffic: Traffic, treatment: Treatment): Promise<Simulator> => {
  const run = new Run(traffic, treatment)
  await run.arrive()
  await run.settle()
  return run.simulator
}

interface Arrival {
  readonly event: ActivityEvent
  readonly atMs: number
}

/** One run of a traffic under a treatment. */
class Run {
  readonly simulator: Simulator
  readonly #treatment: Treatment
  readonly #random: Random
  readonly #arrivals: readonly Arrival[]
  readonly #endMs: number
  #next = 0
  #batches = 0
  readonly #delivered: Delivery[] = []
  /** What sources hold and offer again, oldest first. */
  #waiting: Delivery[] = []
  #refusedSinceMs: number | null = null

  constructor(traffic: Traffic, treatment: Treatment) {
    this.#treatment = treatment
    this.#random = new Random(treatment.seed)
    this.simulator = new Simulator({ logBytesMax: treatment.logBytesMax })
    this.simulator.nowMs = startUs / 1000
    this.#arrivals = arrivalsOf(traffic, this.#random, treatment.disorderSeconds)
    // Everything is final a while after the newest event time that any clock told.
    this.#endMs = traffic.events.reduce((newest, event) => Math.max(newest, event.timeUs), 0) / 1000 + 45 * 60_000
  }

  async arrive(): Promise<void> {
    const { simulator } = this
    await simulator.start()
    const lastMs = this.#arrivals.at(-1)?.atMs ?? 0
    while (simulator.nowMs < lastMs + 10_000 || this.#waiting.length > 0) {
      simulator.nowMs += this.#random.between(200, 4000)
      this.#collect()
      const isMarkDue = await this.#offer()
      await simulator.tick({ isMarkDue })
      await this.#step()
    }
  }

  /** Time passes without records and the store is there: everything becomes final and is stored. */
  async settle(): Promise<void> {
    const { simulator } = this
    simulator.store.isAway = false
    while (simulator.nowMs < this.#endMs) {
      await this.#work()
      simulator.nowMs += 30_000
    }
  }

  /** One batch for each source that has something due. */
  #collect(): void {
    const due: ActivityEvent[] = []
    for (; (this.#arrivals[this.#next]?.atMs ?? Number.POSITIVE_INFINITY) <= this.simulator.nowMs; this.#next += 1) {
      due.push((this.#arrivals[this.#next] as Arrival).event)
    }
    for (const source of ['proxy', 'gateway', hastySource]) {
      const events = due.filter((event) => event.source === source)
      if (events.length > 0) this.#waiting.push({ events, batchId: this.#newBatchId() })
    }
  }

  /** Offers what waits, and something again now and then. Whether anything is in the log that was not. */
  async #offer(): Promise<boolean> {
    const { simulator } = this
    let isAnyTaken = false
    while (this.#waiting[0] !== undefined) {
      const delivery = this.#waiting[0]
      if (this.#random.chance(this.#treatment.crashProbability / 10)) await simulator.deliverIntoCrash(delivery)
      if (!(await simulator.deliver(delivery))) {
        await this.#refused()
        return isAnyTaken
      }
      isAnyTaken = true
      this.#delivered.push(delivery)
      this.#waiting.shift()
    }
    this.#refusedSinceMs = null
    if (this.#delivered.length > 0 && this.#random.chance(this.#treatment.redeliverProbability)) {
      await simulator.deliver(this.#random.pick(this.#delivered))
    }
    return isAnyTaken
  }

  /** The sources wait, one gives up, and before their records are too late to count the store comes back. */
  async #refused(): Promise<void> {
    const { simulator } = this
    await simulator.deliver({ events: [givenUp(simulator.nowMs)], batchId: this.#newBatchId() })
    this.#refusedSinceMs ??= simulator.nowMs
    if (simulator.nowMs - this.#refusedSinceMs < refusedMsMax) return
    simulator.store.isAway = false
    // The log is kept from the snapshot before the last on: it takes two to make room.
    for (let snapshots = 0; snapshots < 2; snapshots += 1) {
      await simulator.tick({ isMarkDue: true })
      simulator.run()
      simulator.insert()
      simulator.beginSnapshot()
      await this.#work()
      await simulator.trim()
    }
  }

  async #step(): Promise<void> {
    const { simulator } = this
    const random = this.#random
    const treatment = this.#treatment
    if (random.chance(treatment.storeAwayProbability)) simulator.store.isAway = !simulator.store.isAway
    simulator.run(random.chance(0.2) ? random.between(1, 4) : undefined)
    await simulator.dispatch()
    simulator.insert(random.chance(0.3) ? random.between(0, 3) : undefined)
    if (random.chance(treatment.snapshotProbability)) simulator.beginSnapshot()
    if (random.chance(0.1)) await simulator.trim()
    if (random.chance(treatment.crashProbability)) simulator.crash()
  }

  async #work(): Promise<void> {
    const { simulator } = this
    await simulator.tick({ isMarkDue: false })
    simulator.run()
    await simulator.dispatch()
    simulator.insert()
  }

  #newBatchId(): string {
    this.#batches += 1
    return `batch-${this.#batches}`
  }
}

/** A record that a source offers once, while the log is full, and never again. */
const givenUp = (nowMs: number): ActivityEvent => ({
  ...emptyEvent(),
  eventId: `given-up-${nowMs}`,
  realm: 'default',
  source: 'gateway',
  timeUs: nowMs * 1000,
})

const arrivalsOf = (traffic: Traffic, random: Random, disorderSeconds: number): Arrival[] =>
  traffic.events
    .map((event) => ({
      event,
      // Nothing is received before it happened, whatever its clock says.
      atMs: happenedUs(traffic, event) / 1000 + 1000 + random.between(0, 1 + disorderSeconds * 1_000_000) / 1000,
    }))
    .sort((a, b) => a.atMs - b.atMs || a.event.sourcePosition - b.event.sourcePosition)
