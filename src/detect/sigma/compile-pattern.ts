import { BlockList, isIP } from 'node:net'
import { RE2JS } from 're2js'
import type { RegexTest, ValueTest } from './ast.ts'

const flagBits = { i: RE2JS.CASE_INSENSITIVE, m: RE2JS.MULTILINE, s: RE2JS.DOTALL }

/** Whether an expression is found anywhere in a text, in time linear in its length. */
export const compileRegex = ({ pattern, flags }: RegexTest): ((text: string) => boolean) => {
  let bits = 0
  for (const [flag, bit] of Object.entries(flagBits)) if (flags.includes(flag)) bits |= bit
  const expression = RE2JS.compile(pattern, bits)
  return (text) => expression.test(text)
}

/** Whether a text is an address within a network. */
export const compileCidr = ({
  address,
  bits,
  family,
}: Extract<ValueTest, { readonly kind: 'cidr' }>): ((text: string) => boolean) => {
  const network = new BlockList()
  network.addSubnet(address, bits, family)
  const version = family === 'ipv6' ? 6 : 4
  return (text) => isIP(text) === version && network.check(text, family)
}
