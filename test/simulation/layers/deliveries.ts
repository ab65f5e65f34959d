import type { Random } from '../random.ts'
import type { Source } from './cast.ts'
import type { World } from './world.ts'

/** A piece of a source's log as it reaches the collector. Its identity is the same each time that it comes. */
export interface Delivery {
  readonly source: Source
  /** Indexes into the world's records, in the source's order. */
  readonly records: readonly number[]
  readonly batchId: string
  readonly baseOffset: number
  readonly body: Buffer
  /** When it could first have come. */
  readonly writtenUs: number
}

/** How the same deliveries arrive. */
export interface Treatment {
  readonly disorderUs: number
  readonly redeliverProbability: number
}

export interface Arrival {
  readonly delivery: Delivery
  readonly atUs: number
}

const recordsMax = 8
const spanUsMax = 4_000_000

/** Cuts each source's log into pieces, the same ones for every treatment: a record's identity follows from its piece. */
export const cutDeliveries = (world: World, random: Random): readonly Delivery[] =>
  world.sources.flatMap((source) => {
    const indexes = [...world.records.keys()]
      .filter((index) => world.records[index]?.source === source)
      .sort((a, b) => writtenUs(world, a) - writtenUs(world, b) || a - b)
    const deliveries: Delivery[] = []
    let offset = 0
    for (const records of pieces(world, indexes, random)) {
      const delivery = deliver(world, { source, records, ordinal: deliveries.length, offset })
      offset += delivery.body.length
      deliveries.push(delivery)
    }
    return deliveries
  })

const writtenUs = (world: World, index: number): number => world.records[index]?.writtenUs ?? 0

const pieces = (world: World, indexes: readonly number[], random: Random): readonly number[][] => {
  const cut: number[][] = []
  let wanted = 0
  for (const index of indexes) {
    const piece = cut.at(-1)
    const beganUs = writtenUs(world, piece?.[0] ?? index)
    if (piece !== undefined && piece.length < wanted && writtenUs(world, index) - beganUs < spanUsMax) piece.push(index)
    else {
      cut.push([index])
      wanted = random.between(1, recordsMax + 1)
    }
  }
  return cut
}

const deliver = (
  world: World,
  of: {
    readonly source: Source
    readonly records: readonly number[]
    readonly ordinal: number
    readonly offset: number
  },
): Delivery => {
  const { source, records, ordinal, offset } = of
  return {
    source,
    records,
    batchId: source.isFile ? source.name : `${source.name}-${ordinal}`,
    baseOffset: source.isFile ? offset : 0,
    body: Buffer.from(records.map((index) => `${world.records[index]?.line}\n`).join('')),
    writtenUs: writtenUs(world, records.at(-1) ?? 0),
  }
}

/** Times of arrival: a tailed file keeps its order, however late it is read; posted batches overtake each other. */
export const arrive = (deliveries: readonly Delivery[], treatment: Treatment, random: Random): readonly Arrival[] => {
  const arrivals: Arrival[] = []
  const newestOfFile = new Map<string, number>()
  for (const delivery of deliveries) {
    const { source } = delivery
    const drawnUs = delivery.writtenUs + 300_000 + random.between(0, treatment.disorderUs + 1)
    const atUs = source.isFile ? Math.max(drawnUs, newestOfFile.get(source.name) ?? 0) : drawnUs
    if (source.isFile) newestOfFile.set(source.name, atUs)
    arrivals.push({ delivery, atUs })
    if (random.chance(treatment.redeliverProbability)) {
      arrivals.push({ delivery, atUs: atUs + random.between(0, 60_000_000) })
    }
  }
  // Stable: pieces of a file that come at the same time stay in order.
  return arrivals.sort((a, b) => a.atUs - b.atUs)
}
