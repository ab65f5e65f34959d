import { expect, it } from 'vitest'
import { withoutPort } from '../../../../collectors/formats/without-port.ts'

it.each([
  ['10.1.4.23:51234', '10.1.4.23'],
  ['[fd00::17]:40100', 'fd00::17'],
  ['fd00::17', 'fd00::17'],
  ['10.1.4.23', '10.1.4.23'],
  ['', ''],
  [7, ''],
])('%j → %j', (address, expected) => {
  expect(withoutPort(address)).toBe(expected)
})
