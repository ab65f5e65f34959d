/** The first label of a host name (`github-mcp.example.com:443` → `github-mcp`); an address stays whole, without its port. */
export const firstLabel = (host: string): string => {
  if (host.startsWith('[')) return host.slice(0, host.indexOf(']') + 1)
  const name = host.split(':', 1)[0] ?? ''
  return /^[\d.]+$/.test(name) ? name : (name.split('.', 1)[0] ?? '')
}
