/** Salesforce Sales & Service Cloud: keeps leads, contacts and accounts true to what people chose. */
import type { Connector } from '../contract.ts'
import { manifest } from './manifest.ts'
import { openSession } from './session.ts'

export default {
  manifest,
  open: (configuration, ground) => openSession(configuration, ground),
} satisfies Connector
