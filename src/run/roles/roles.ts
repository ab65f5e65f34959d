/** The parts of a cluster that a process can be. */
export const roles = ['collector', 'analyser', 'responder'] as const
export type Role = (typeof roles)[number]
