/** Which pending events their person is asked to confirm by mail. */
import { findOrganization } from '../access/organizations.ts'
import type { Caller } from '../access/tokens.ts'
import { mailAddress } from '../mail/emails.schema.ts'
import { chosenLanguageOf } from '../record/chosenLanguage.ts'
import type { NewEvent } from '../record/event.ts'
import type { Database } from '../store/database.ts'

/** @param language of the browser, if it was the person's */
export async function withConfirmations(
  db: Database,
  { organizationId, person }: Caller,
  events: NewEvent[],
  language: string | undefined,
): Promise<NewEvent[]> {
  if (!events.some(isConfirmable)) return events
  const isAsked =
    person?.validations?.email?.enabled || (await findOrganization(db, organizationId)).double_opt_in
  // A widget with double opt-in says so by the status of what a person accepts in it.
  const isShown = ({ body }: NewEvent) => person !== undefined && body.shown !== undefined
  return Promise.all(
    events.map(event =>
      isConfirmable(event) && (isAsked || event.confirmation || isShown(event))
        ? asking(db, event, language)
        : event,
    ),
  )
}

/** The address must be the person's id: one that came with the event could be anybody's. */
const isConfirmable = ({ status, organizationUserId }: NewEvent): boolean =>
  status === 'pending_approval' && mailAddress.safeParse(organizationUserId).success

/** In the language that the event names or the person read, else the one they have chosen, else that of their browser. */
async function asking(db: Database, event: NewEvent, browser: string | undefined): Promise<NewEvent> {
  const { organizationId, body } = event
  const recipient = event.organizationUserId as string
  const named = body.user?.metadata?.language
  const language =
    (typeof named === 'string' ? named.slice(0, 35) : body.shown?.language) ??
    (await chosenLanguageOf(db, organizationId, recipient)) ??
    browser
  return { ...event, confirmation: { organizationUserId: recipient, recipient, language } }
}
