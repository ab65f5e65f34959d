const width = 120
const height = 24
const stepsMax = 60

/** The recent past as a line; its box never changes size. */
export const Sparkline = ({ values, label }: { readonly values: readonly number[]; readonly label: string }) => {
  const highest = Math.max(1, ...values)
  const step = width / (stepsMax - 1)
  const start = width - (values.length - 1) * step
  const points = values.map((value, index) => {
    const y = height - 1.5 - (value / highest) * (height - 3)
    return `${(start + index * step).toFixed(1)},${y.toFixed(1)}`
  })
  return (
    <svg class="sparkline" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      <line x1="0" x2={width} y1={height - 1} y2={height - 1} />
      {points.length > 1 && <polyline points={points.join(' ')} />}
    </svg>
  )
}
