export const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

const counterType = /^(# TYPE \S+)_total counter$/
const bound = /\ble="(-?\d+)"/

/** The same metrics as OpenMetrics: families without `_total`, bounds as floats, an end that tells whether all is there. */
export const toOpenMetrics = (prometheus: string): string => {
  const lines = prometheus.trimEnd().split('\n')
  const counters = new Set(
    lines.flatMap((line) => (counterType.test(line) ? [line.replace(counterType, '$1').slice('# TYPE '.length)] : [])),
  )
  // The SDK writes units of UCUM (`s`); here a unit is the end of the name, which says it already.
  const kept = lines.filter((line) => !line.startsWith('# UNIT '))
  const converted = kept.map((line) => {
    if (!line.startsWith('#')) return line.replace(bound, 'le="$1.0"')
    const [hash, keyword, name = '', ...rest] = line.split(' ')
    const family = name.endsWith('_total') ? name.slice(0, -'_total'.length) : name
    return [hash, keyword, counters.has(family) ? family : name, ...rest].join(' ')
  })
  return `${converted.join('\n')}\n# EOF\n`
}

/** What a scraper asks for, as Prometheus and its client libraries understand `Accept`; text where it does not say. */
export const chooseMetricsText = (accept: string): 'prometheus' | 'openMetrics' => {
  const quality = (type: string): number => Math.max(0, ...rangesOf(accept).map((each) => (each.is(type) ? each.q : 0)))
  return quality('application/openmetrics-text') > quality('text/plain') ? 'openMetrics' : 'prometheus'
}

interface Range {
  readonly is: (type: string) => boolean
  readonly q: number
}

const rangesOf = (accept: string): readonly Range[] =>
  accept.split(',').map((range) => {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
    // Only what is asked for by name counts: `*/*` is satisfied by either.
    return { is: (type) => name === type, q: q === undefined ? 1 : Number(q) || 0 }
  })
