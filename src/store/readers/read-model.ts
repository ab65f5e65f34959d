import type { ReadModel } from '../../api/read-model.ts'
import type { StoreClient } from '../client.ts'
export const createReadModel = (_client: StoreClient, _now: () => Date): ReadModel => ({} as ReadModel)
