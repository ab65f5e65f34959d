const upstream = /^(?:HTTPStatusError|McpError|CancelledError|Connect\w*|Read\w*|Remote\w*|\w*Timeout\w*)$/

/** Whether an error's class says that it came from the MCP server or the way to it: its status is then the server's answer. */
export const isUpstreamError = (errorClass: string): boolean => upstream.test(errorClass)
