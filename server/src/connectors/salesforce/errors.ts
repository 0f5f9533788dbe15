/** What Salesforce refuses with, judged: what it means for the row or the round. The table itself is in rules.ts. */
import { type Fault, TargetError } from '../contract.ts'
import { RULES, type Rule, type Verdict } from './rules.ts'
import { cut } from './texts.ts'

/** A trigger's stack can be of any length, and is kept for each person and try. */
const MESSAGE_CHARACTERS = 2_000

export function judge(code: string, message: string): Rule {
  const rule = RULES.find(rule => (rule.code ?? code) === code && (rule.message?.test(message) ?? true))
  return (
    rule ?? {
      verdict: 'person',
      cure: 'Salesforce refused this; its message says why. After the cause is gone, replay the person.',
    }
  )
}

/** Whether a rule is about this code. */
export const isKnown = (code: string): boolean => RULES.some(rule => rule.code === code)

export const faultOf = (code: string, message: string, call?: string, verdict?: Verdict): Fault => {
  const { cure, cureIfThere } = judge(code, message)
  return {
    code,
    message: cut(message, MESSAGE_CHARACTERS),
    cure: verdict === 'person' && cureIfThere !== undefined ? cureIfThere : cure,
    ...(call === undefined ? {} : { call }),
  }
}

/** A whole call that failed. */
export class CallError extends TargetError {
  override name = 'CallError'
  readonly place: Rule['place']
  /** The id of the call, where one was sent. */
  call: string | undefined
  constructor(
    code: string,
    message: string,
    { mayStillRun = false, cause, call }: { mayStillRun?: boolean; cause?: unknown; call?: string } = {},
  ) {
    const { verdict, cure, retryAfterMs, place } = judge(code, message)
    const kind = verdict === 'transient' ? 'transient' : 'hold'
    super({
      ...{ code, message: cut(message, MESSAGE_CHARACTERS), cure, kind, mayStillRun, cause },
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
    this.place = place
    this.call = call
  }
}
