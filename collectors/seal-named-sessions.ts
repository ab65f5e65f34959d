/** A member named like an MCP session's id, also of JSON within a string. Pomerium's `session-id` is a login, and no secret. */
const member = /(\\{0,15}"(?:mcp[-_.]?)?session[_.]?id\\{0,15}"\s{0,8}:\s{0,8}\\{0,15}")([^"\\]{1,512})/gi

/**
 * The text of a record that no format could read, so that none could say what in it is a session's token: what stands under
 * such a name gives way to its keyed hash.
 */
export const sealNamedSessions = (text: string, sealToken: (token: string) => string): string =>
  text.replace(member, (_all, name: string, value: string) => name + sealToken(value))
