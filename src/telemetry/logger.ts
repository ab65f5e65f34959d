import { type Logger, pino } from 'pino'

export type { Logger } from 'pino'

/** Writes structured lines to standard error's counterpart, standard output: readable on a terminal, JSON otherwise. */
export const createLogger = (options: { readonly level: string; readonly isTerminal: boolean }): Logger => {
  const settings = { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  if (!options.isTerminal) return pino(settings)
  return pino({
    ...settings,
    transport: { target: 'pino-pretty', options: { translateTime: 'SYS:HH:MM:ss.l', ignore: 'pid,hostname' } },
  })
}
