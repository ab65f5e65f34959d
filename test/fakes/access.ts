import type { Access, Principal } from '../../src/api/access.ts'
import { tokenOf } from '../../src/api/token-of.ts'

/** Access by tokens that are named in the test: `agt_viewer` and so on. */
export const fakeAccess = (principals: Readonly<Record<string, Principal>>): Access => ({
  mode: 'tokens',
  identify: async (headers) => principals[tokenOf(headers)] ?? null,
})
