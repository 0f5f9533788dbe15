/** By which of the organization's ways people sign in to a widget. */
import { listProviders } from '../signin/providers.ts'
import type { Database } from '../store/database.ts'
import type { Snapshot } from '../widgets/snapshot.ts'

/** Undefined: the organization's default. */
export async function providerOfWidget(
  db: Database,
  organizationId: string,
  { method, providerId }: Snapshot['auth'],
): Promise<string | undefined> {
  const providers = await listProviders(db, organizationId)
  const provider =
    providers.find(({ id }) => id === providerId) ?? providers.find(({ type }) => type === method)
  return provider?.id
}
