import type { ActivityEvent } from '../../src/event/event.ts'
import { Random } from './random.ts'
import { Simulator } from './simulator.ts'
import { makeTraffic, startUs, type Traffic } from './traffic.ts'

/** How a run treats the same records. */
export interface Treatment {
  readonly seed: number
  /** How far a record may arrive behind its time, in seconds; below the lateness bound. */
  readonly disorderSeconds: number
  readonly crashProbability: number
  readonly redeliverProbability: number
  readonly storeAwayProbability: number
}

/** In order, once, with nothing failing: what every other treatment must end in. */
export const plain: Treatment = {
  seed: 1,
  disorderSeconds: 0,
  crashProbability: 0,
  redeliverProbability: 0,
  storeAwayProbability: 0,
}

export const trafficOf = (seed: number): Traffic => makeTraffic(new Random(seed), { agents: 8, spanSeconds: 1200 })

/** Runs the records through a simulator under a treatment and lets everything become final. */
export const simulate = (traffic: Traffic, treatment: Treatment): Simulator => {
  const random = new Random(treatment.seed)
  const simulator = new Simulator()
  const arrivals = arrivalsOf(traffic.events, random, treatment.disorderSeconds)
  let nowMs = Math.floor(startUs / 1000)
  const endMs = Math.floor((arrivals.at(-1)?.atUs ?? startUs) / 1000)
  let next = 0
  const delivered: Delivery[] = []
  while (nowMs < endMs + 10_000) {
    nowMs += random.between(200, 4000)
    const due: ActivityEvent[] = []
    while (next < arrivals.length && (arrivals[next]?.atUs ?? 0) <= nowMs * 1000) {
      due.push((arrivals[next] as Arrival).event)
      next += 1
    }
    deliver(simulator, { due, delivered, nowMs })
    if (delivered.length > 0 && random.chance(treatment.redeliverProbability)) {
      const again = random.pick(delivered)
      simulator.appendRecords(again.events, { batchId: again.batchId, receivedMs: nowMs })
    }
    simulator.append({ kind: 'tick', timeMs: nowMs }, { kind: 'mark' })
    step(simulator, random, treatment)
  }
  settle(simulator, nowMs)
  return simulator
}

interface Delivery {
  readonly events: ActivityEvent[]
  readonly batchId: string
}

/** One batch for each source that has something due. */
const deliver = (
  simulator: Simulator,
  of: { readonly due: readonly ActivityEvent[]; readonly delivered: Delivery[]; readonly nowMs: number },
): void => {
  for (const source of ['proxy', 'gateway']) {
    const events = of.due.filter((event) => event.source === source)
    if (events.length === 0) continue
    const batchId = `batch-${of.delivered.length + 1}`
    of.delivered.push({ events, batchId })
    simulator.appendRecords(events, { batchId, receivedMs: of.nowMs })
  }
}

const step = (simulator: Simulator, random: Random, treatment: Treatment): void => {
  if (random.chance(treatment.storeAwayProbability)) simulator.store.isAway = !simulator.store.isAway
  simulator.run(random.chance(0.2) ? random.between(1, 4) : undefined)
  simulator.dispatch()
  simulator.insert(random.chance(0.3) ? random.between(0, 3) : undefined)
  simulator.confirm()
  if (random.chance(0.1)) simulator.beginSnapshot()
  if (random.chance(treatment.crashProbability)) simulator.crash()
}

/** An hour passes without records, the store is there: everything becomes final and is stored. */
const settle = (simulator: Simulator, fromMs: number): void => {
  simulator.store.isAway = false
  for (let nowMs = fromMs; nowMs < fromMs + 3_600_000; nowMs += 30_000) {
    simulator.append({ kind: 'tick', timeMs: nowMs }, { kind: 'mark' })
    simulator.run()
    simulator.dispatch()
    simulator.insert()
    simulator.confirm()
  }
}

interface Arrival {
  readonly event: ActivityEvent
  readonly atUs: number
}

const arrivalsOf = (events: readonly ActivityEvent[], random: Random, disorderSeconds: number): Arrival[] =>
  events
    .map((event) => ({
      event,
      // Nothing is received before it happened, whatever its clock says.
      atUs: event.timeUs + 1_000_000 + random.between(0, 1 + disorderSeconds * 1_000_000),
    }))
    .sort((a, b) => a.atUs - b.atUs || a.event.sourcePosition - b.event.sourcePosition)
