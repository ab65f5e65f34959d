import { microsOf } from '../evaluate/measured.ts'
import type { Bound } from '../rule.ts'
import type { NumberOperator } from '../sigma/ast.ts'

/** A measured value is a fraction of whole numbers, `micros / parts`: nothing is compared or summed as floating. */
export const boundsSql = (bounds: readonly Bound[]): string =>
  bounds.length === 0
    ? '1'
    : `(${bounds.map(({ operator, value }) => `micros ${signs[operator]} toInt256(${microsOf(value) ?? 0n}) * parts`).join(' AND ')})`

const signs: Readonly<Record<NumberOperator, string>> = { eq: '=', gt: '>', gte: '>=', lt: '<', lte: '<=' }

/** A count as a measured value. */
export const countSql = (count: string): string => `toInt256(${count}) * 1000000 AS micros, toInt256(1) AS parts`

const decimal = "'^\\\\s*(-?)([0-9]+)(?:[.]([0-9]*))?\\\\s*$'"

/** A text as a number of millionths, null if it is none; as `microsOf` reads it. */
export const microsSql = (text: string): string => {
  const parts = `extractGroups(${text}, ${decimal})`
  const digits = `concat(${parts}[2], rightPad(substring(${parts}[3], 1, 6), 6, '0'))`
  return `if(match(${text}, ${decimal}), toInt256OrNull(${digits}) * if(${parts}[1] = '-', -1, 1), NULL)`
}
