/** What is known not to hold yet: such histories are left out. Each line goes with the change that makes it true. */
export const GAPS = {
  /**
   * In busy times the org is asked for its conversions once a minute before the writes, and behind them: where converted
   * leads can be edited, one that was converted meanwhile is written as well, before its contact is in the same round. Not
   * so in calls of five collections and in bulk jobs, which have no room for the question: there the waiting room's look
   * comes for it. Rounds here are smaller.
   */
  conversionsSweptEveryMs: 60_000,
}
