import { describeSeeds } from './describe-seeds.ts'

/*
 * Goal: the same records end in the same events, calls, sessions and final findings, whatever happens on the way.
 * Method: run them in order with nothing failing, then shuffled within the lateness bound, redelivered, with crashes at
 * any step, snapshots older than the store, a store that comes and goes and a log that fills up; compare what a reader
 * of the store sees.
 */
describeSeeds('odd')
