import type { Layer } from '../event/event.ts'
import type { Pattern } from './view.ts'

const layerDepth: Readonly<Record<Layer, number>> = { proxy: 0, gateway: 1, server: 2, trace: 3 }

/** How far behind the client a layer stands. */
export const depthOf = ({ layer }: Pick<Pattern, 'layer'>): number => layerDepth[layer]
