import type { Layer } from '../event/event.ts'
import { type Call, decidedBy } from './call.ts'
import { type Entity, EntityTable, fresh } from './entity-table.ts'
import type { Pattern } from './view.ts'

/** How many of the calls that a hop saw of a server were seen by each layer, too. */
interface Usual extends Entity {
  calls: number
  proxy: number
  gateway: number
  server: number
  trace: number
}

/** Fewer calls than this make nothing usual. */
const callsMin = 20
/** Of ten calls so many must have had a layer for it to be usual. */
const usualInTen = 9
/** Counts are halved here, so that what is usual can change. */
const callsMax = 2_000
/** About 200 bytes each. */
const usualsMax = 10_000

/**
 * Which layers see the calls of a server, learned from what was seen: only where a layer is usual does its absence mean
 * something. Learns from allowed calls when they are final, in their order, so that arrival does not matter.
 */
export class UsualLayers {
  readonly table = new EntityTable<Usual>('usualLayers')
  /** Servers that nothing is learned of, because there were more than the bound. */
  ignored = 0

  /** What the absence of a usual layer says of a final call. The call is learned from, too. */
  judge(call: Call): readonly string[] {
    const present = new Set(call.views.map((view) => view.pattern.layer))
    const keys = new Set(call.views.map((view) => keyOf(view.pattern)))
    const isDenied = isRefusal(decidedBy(call.views))
    const found: string[] = []
    const lacks = (of: Layer, layer: Layer): boolean =>
      !present.has(layer) &&
      call.views.some(({ pattern }) => pattern.layer === of && this.#isUsual(keyOf(pattern), layer))
    if (lacks('gateway', 'proxy') || lacks('server', 'proxy')) found.push('bypassed_proxy')
    if (!isDenied && lacks('proxy', 'gateway')) found.push('no_gateway_decision')
    if (present.size === 1 && ['proxy', 'gateway', 'server'].some((layer) => lacks('trace', layer as Layer))) {
      found.push('span_without_log')
    }
    // A refused call ends at the layer that refused it: that the others did not see it is no news.
    if (!isDenied) for (const key of keys) this.#learn(key, present)
    return found.length === 0 ? none : found
  }

  /** Whether a layer that usually sees such calls has not been heard of. Behind a refusal nobody is waited for. */
  isAwaited(call: Call): boolean {
    if (isRefusal(decidedBy(call.views))) return false
    return call.views.some(({ pattern }) =>
      layers.some(
        (layer) => this.#isUsual(keyOf(pattern), layer) && !call.views.some((other) => other.pattern.layer === layer),
      ),
    )
  }

  #isUsual(key: string, layer: Layer): boolean {
    const usual = this.table.get(key)
    return usual !== undefined && usual.calls >= callsMin && usual[layer] * 10 >= usual.calls * usualInTen
  }

  #learn(key: string, present: ReadonlySet<Layer>): void {
    const known = this.table.get(key)
    if (known === undefined && this.table.size >= usualsMax) {
      this.ignored += 1
      return
    }
    const usual = known ?? this.table.add(key, { ...fresh, calls: 0, proxy: 0, gateway: 0, server: 0, trace: 0 })
    this.table.touch(key, usual)
    usual.calls += 1
    for (const layer of present) usual[layer] += 1
    if (usual.calls < callsMax) return
    usual.calls = Math.floor(usual.calls / 2)
    for (const layer of layers) usual[layer] = Math.floor(usual[layer] / 2)
  }
}

const layers = ['proxy', 'gateway', 'server', 'trace'] as const
const none: readonly string[] = []

const keyOf = ({ layer, product, server, routeId }: Pattern): string =>
  `${layer}\u0000${product}\u0000${server}\u0000${layer === 'proxy' ? routeId : ''}`

const isRefusal = (decided: Pattern | null): boolean =>
  decided !== null && (decided.decision === 'deny' || decided.decision === 'escalate')
