import type { CommandShape, ReadModel } from '../../api/read-model.ts'
import type { StoreClient } from '../client.ts'
import { asked, microsRange, ofRealm, readPage } from './page.ts'
import { rfcTime } from './times.ts'

interface CommandColumns {
  readonly id: string
  readonly time: string
  readonly by: string
  readonly type: string
  readonly target: string
  readonly detail: string
}

export const createCommandReader = (client: StoreClient, now: () => Date): Pick<ReadModel, 'commands'> => ({
  commands: async (realm, filter, page) => {
    const { items, nextCursor } = await readPage<CommandColumns>(
      client,
      {
        table: 'commands',
        columns: 'id, time, `by`, type, target, detail',
        timeColumn: 'time',
        idColumn: 'id',
        order: 'newestFirst',
        clauses: [
          ofRealm(realm),
          ...asked('by', filter.by, '`by` = {by:String}'),
          ...asked('type', filter.type, 'type = {type:String}'),
          ...asked('target', filter.target, 'target = {target:String}'),
        ],
        range: microsRange(filter, now()),
      },
      page,
    )
    return { items: items.map(commandShape), nextCursor }
  },
})

const commandShape = ({ id, time, by, type, target, detail }: CommandColumns): CommandShape => ({
  id,
  time: rfcTime(time),
  by,
  type,
  target,
  detail: JSON.parse(detail) as CommandShape['detail'],
})
