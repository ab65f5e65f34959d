/**
 * The tool's own name, from the one that a gateway shows with its server's name before it (`github_create_issue`,
 * `github.create_issue`, `github__create_issue`, `github/create_issue`). As it is where that name is not known.
 */
export const bareTool = (exposed: string, server: string): string => {
  if (server === '' || !exposed.startsWith(server)) return exposed
  const match = /^(?:__|[_.:/-])(.+)$/s.exec(exposed.slice(server.length))
  return match?.[1] ?? exposed
}
