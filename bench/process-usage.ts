import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts CPU time in hundredths of a second. */
const ticksPerSecond = 100

/** CPU seconds that a process and all processes below it have used so far, with the children that have ended. */
export const cpuSeconds = (pid: number): number =>
  // utime, stime, and those of children that were waited for.
  family(pid).reduce((sum, each) => sum + secondsIn(each, [11, 12, 13, 14]), 0)

/** CPU seconds of a process alone. */
export const ownCpuSeconds = (pid: number): number => secondsIn(pid, [11, 12])

const secondsIn = (pid: number, indexes: readonly number[]): number => {
  const fields = statFields(pid)
  return indexes.reduce((sum, index) => sum + Number(fields[index] ?? 0), 0) / ticksPerSecond
}

/** Resident memory of a process and all processes below it. */
export const residentBytes = (pid: number): number =>
  family(pid).reduce((bytes, each) => bytes + ownResidentBytes(each), 0)

/** Resident memory of a process alone. */
export const ownResidentBytes = (pid: number): number => memoryOf(pid, 'VmRSS')

/** The part of it that is no mapped file: what the process itself allocated, not pages of the log that it has read. */
export const ownAnonymousBytes = (pid: number): number => memoryOf(pid, 'RssAnon')

const memoryOf = (pid: number, field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readOrEmpty(`/proc/${pid}/status`))?.[1] ?? 0) * 1024

/** A process and everything below it. */
export const family = (pid: number): readonly number[] => {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = Number(statFields(Number(name))[1] ?? 0)
    if (parent > 0) parents.set(Number(name), parent)
  }
  const found = [pid]
  for (const each of found) {
    for (const [child, parent] of parents) if (parent === each) found.push(child)
  }
  return found
}

/** The fields after the command, which is in parentheses and may hold anything; the state is the first. */
const statFields = (pid: number): readonly string[] => {
  const stat = readOrEmpty(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

const readOrEmpty = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // It ended meanwhile.
    return ''
  }
}
