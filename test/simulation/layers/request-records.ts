import type { Random } from '../random.ts'
import { agentgatewayLine } from './agentgateway-line.ts'
import { type Agent, proxyOf, type Source, sourceOf } from './cast.ts'
import { decisionLine, viewOf } from './decision-line.ts'
import type { TrueRequest } from './life.ts'
import type { LoggedRecord } from './logged-record.ts'
import { accessLine, authorizeLine } from './pomerium-lines.ts'
import type { Scenario } from './scenario.ts'
import { spanLine } from './span-line.ts'
import { toolhiveLine } from './toolhive-line.ts'

interface Stage {
  readonly agent: Agent
  readonly scenario: Scenario
  readonly random: Random
  readonly sources: readonly Source[]
}

type Written = Omit<LoggedRecord, 'call'>

const lineOf = (product: Source['product']): typeof decisionLine => {
  if (product === 'agentgateway') return agentgatewayLine
  if (product === 'otlp-json') return spanLine
  return product === 'toolhive' ? toolhiveLine : decisionLine
}

/** Envoy writes its access lines in bundles, up to a second after the request ended. */
const accessDelayUsMax = 1_000_000

/** Everything that the layers write of one request, outermost first. Telemetry gets lost now and then. */
export const requestRecords = (request: TrueRequest, stage: Stage): readonly Written[] => {
  const { agent, scenario, random, sources } = stage
  const written = request.isBypass ? [] : proxyRecords(request, stage)
  if (request.refusedBy === 'proxy') return written
  const behind = (layer: Source['layer']): Written => {
    const source = sourceOf(agent, sources, layer)
    const line = lineOf(source.product)
    const startUs = request.timeUs + random.between(3_000, 40_000)
    return {
      source,
      line: line(request, viewOf({ agent, scenario, source, startUs })),
      writtenUs: startUs + request.durationUs,
    }
  }
  written.push(behind('gateway'))
  if (request.refusedBy === 'gateway') return written
  if (random.chance(0.97)) written.push(behind('server'))
  if (random.chance(0.8)) written.push(behind('trace'))
  return written
}

const proxyRecords = (request: TrueRequest, { agent, scenario, random, sources }: Stage): Written[] => {
  const source = proxyOf(agent, sources)
  const view = {
    request,
    agent,
    tool: request.tool === '' || !scenario.renamesTools ? request.tool : `${request.server}_${request.tool}`,
    traceparent: scenario.shares === 'traceId' ? `00-${request.traceId}-${request.spanId}-01` : '',
  }
  const authorizedUs = request.timeUs + random.between(500, 4_000)
  const flushedUs = request.timeUs + request.durationUs + random.between(5_000, accessDelayUsMax)
  const line = (text: string, writtenUs: number): Written => ({ source, line: text, writtenUs })
  const written = [line(authorizeLine(view, authorizedUs + source.skewUs), authorizedUs)]
  if (random.chance(0.97)) written.push(line(accessLine(view, flushedUs + source.skewUs), flushedUs))
  return written
}
