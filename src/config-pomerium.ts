import { z } from 'zod'
import { httpUrl, nonEmptyText } from './config-values.ts'

/** `pomerium`: whose databroker is watched, and used to revoke. */
export const pomeriumSchema = z.strictObject({
  databrokerUrl: httpUrl("use the http(s) address of Pomerium's databroker, such as http://127.0.0.1:5443"),
  sharedSecretFile: nonEmptyText("name a file that holds Pomerium's shared_secret and nothing else"),
  realm: nonEmptyText("give the realm that Pomerium's users belong to").prefault('default'),
})

export type PomeriumSettings = z.infer<typeof pomeriumSchema>

/** A lever that needs a setting of its own beside the list. */
export const missingForLevers = (settings: {
  readonly levers: readonly { readonly type: string }[]
  readonly pomerium?: PomeriumSettings | undefined
}): readonly string[] =>
  settings.pomerium === undefined && settings.levers.some(({ type }) => type === 'pomerium')
    ? ['levers: pomerium is one of them; say in the setting pomerium where its databroker is']
    : []
