/** What is known not to hold yet: such histories are left out. Each line goes with the change that makes it true. */
export const GAPS = {
  /** What a call may still be doing is remembered by the session that sent it, and by no other process. */
  lateCallsOfOthers: true,
  /**
   * In busy times the org is asked for its conversions once a minute: a choice made meanwhile is written to the dead lead,
   * where leads that are converted can be edited.
   */
  conversionsSweptEveryMs: 60_000,
}
