import { status } from '@grpc/grpc-js'
import { AgenttrailError } from '../../errors.ts'
import {
  type Answer,
  callTimeoutMs,
  codeOf,
  createDatabrokerChannel,
  type DatabrokerDeps,
  failure,
} from './databroker-channel.ts'
import type { DatabrokerRecord, Version } from './databroker-records.ts'

/** Where a stream of changes begins. */
export interface Versions {
  readonly server: Version
  readonly record: Version
}

/**
 * Pomerium's databroker. One that cannot be reached, or is busy, is `AGT_LEVER_UNAVAILABLE`; one that refuses is
 * `AGT_LEVER_REFUSED`.
 */
export interface Databroker {
  /** Null where there is no such record (any more). */
  readonly get: (type: string, id: string, signal?: AbortSignal) => Promise<DatabrokerRecord | null>
  /** A record with `deletedAt` is deleted. */
  readonly put: (records: readonly DatabrokerRecord[], signal?: AbortSignal) => Promise<void>
  /** All records of a type. (Its query finds nothing by user: these types have no index.) */
  readonly list: (
    type: string,
    signal?: AbortSignal,
  ) => Promise<{ readonly records: readonly DatabrokerRecord[]; readonly versions: Versions }>
  /**
   * Every change from `after` on, deletions too. Resolves where the databroker no longer knows that far back: list again.
   * Rejects when the stream breaks off.
   */
  readonly watch: (options: {
    readonly type: string
    readonly after: Versions
    readonly onRecord: (record: DatabrokerRecord) => void
    readonly signal: AbortSignal
  }) => Promise<void>
  readonly close: () => void
}

export const createDatabroker = (deps: DatabrokerDeps): Databroker => {
  const channel = createDatabrokerChannel(deps)
  return {
    get: async (type, id, signal) => {
      const answer = await channel.unary('get', { type, id }, signal).catch((error: unknown): Answer => {
        if (codeOf(error) === status.NOT_FOUND) return {}
        throw failure(error)
      })
      return answer.record ? recordOf(answer.record) : null
    },

    put: async (records, signal) => {
      if (records.length > 0) await channel.unary('put', { records }, signal).catch(rethrow)
    },

    list: async (type, signal) => {
      const records: DatabrokerRecord[] = []
      let versions: Versions = { server: 0, record: 0 }
      const limit = AbortSignal.timeout(callTimeoutMs)
      const options = {
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
        onAnswer: (answer: Answer): void => {
          if (answer.record) records.push(recordOf(answer.record))
          if (!answer.versions) return
          versions = { server: answer.versions.serverVersion, record: answer.versions.latestRecordVersion }
        },
      }
      await channel.stream('syncLatest', { type }, options).catch(rethrow)
      return { records: records.filter(({ deletedAt }) => deletedAt === null), versions }
    },

    watch: async ({ type, after, onRecord, signal }) => {
      const request = { serverVersion: after.server, recordVersion: after.record, type }
      const onAnswer = ({ record }: Answer): void => {
        if (record) onRecord(recordOf(record))
      }
      try {
        await channel.stream('sync', request, { signal, onAnswer })
      } catch (error) {
        if (codeOf(error) === status.ABORTED) return
        throw failure(error)
      }
      throw new AgenttrailError('AGT_LEVER_UNAVAILABLE', "Pomerium's databroker closed its stream of changes.")
    },

    close: channel.close,
  }
}

/** Decoded messages inherit what is not set. */
const recordOf = ({ version, type, id, data, deletedAt }: DatabrokerRecord): DatabrokerRecord => ({
  version,
  type,
  id,
  data: data ?? null,
  deletedAt: deletedAt ?? null,
})

const rethrow = (error: unknown): never => {
  throw failure(error)
}
