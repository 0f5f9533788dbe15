import type { TargetError } from '../connectors/contract.ts'

/** For somebody who asks just now: the cure for what passes speaks of deliveries, which are tried again by themselves. */
export const textOf = ({ message, kind, cure }: TargetError): string =>
  `${message.replace(/\.$/, '')}. ${kind === 'transient' ? 'Try again in a while.' : cure}`.trim()
