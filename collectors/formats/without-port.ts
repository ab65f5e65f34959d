/** The address of `10.1.4.23:51234` or `[::1]:80`; text that is no address with a port stays as it is. */
export const withoutPort = (address: unknown): string => {
  if (typeof address !== 'string') return ''
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([^:]+)):\d{1,5}$/.exec(address) ?? []
  return bracketed ?? plain ?? address
}
