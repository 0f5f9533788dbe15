/** What is known not to hold yet: such histories are left out. Each line goes with the change that makes it true. */
export const GAPS = {
  /**
   * A converted lead keeps its unique external id. Once its contact is gone, its person can neither be found nor created:
   * the upsert finds the dead lead again and again (or writes it, where converted leads can be edited).
   */
  deadLeadHoldsUniqueValue: true,
  /**
   * In busy times the org is asked for its conversions once a minute: a choice made meanwhile is written to the dead lead,
   * where leads that are converted can be edited.
   */
  conversionsSweptEveryMs: 60_000,
}
