/** The numbers at /metrics (Prometheus). Rooms count here; what stands in tables is read when it is asked for. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

const LAG_BUCKETS_SECONDS = [0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 3600, 86_400]
const COMMIT_BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5]

export type Metrics = ReturnType<typeof createMetrics>

export function createMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  return {
    registry,
    eventCommitSeconds: new Histogram({
      name: 'heed_event_commit_seconds',
      help: 'From the receipt of a consent event to its commit',
      buckets: COMMIT_BUCKETS_SECONDS,
      registers,
    }),
    events: new Counter({ name: 'heed_events_total', help: 'Consent events recorded', registers }),
    deliveryLagSeconds: new Histogram({
      name: 'heed_delivery_lag_seconds',
      help: 'From an acknowledged change to its write in the target',
      labelNames: ['integration'],
      buckets: LAG_BUCKETS_SECONDS,
      registers,
    }),
    targetCalls: new Counter({
      name: 'heed_target_calls_total',
      help: 'API calls made to the target',
      labelNames: ['integration', 'kind'],
      registers,
    }),
    targetRows: new Counter({
      name: 'heed_target_rows_total',
      help: 'Rows sent to the target, by outcome',
      labelNames: ['integration', 'outcome'],
      registers,
    }),
    owed: new Gauge({
      name: 'heed_deliveries_owed',
      help: 'People whose newest state the target does not hold yet',
      labelNames: ['integration'],
      registers,
    }),
    oldestOwedSeconds: new Gauge({
      name: 'heed_oldest_owed_seconds',
      help: 'Age of the oldest change still owed; 0 when nothing is owed',
      labelNames: ['integration'],
      registers,
    }),
    oldestWithdrawalOwedSeconds: new Gauge({
      name: 'heed_oldest_withdrawal_owed_seconds',
      help: 'Age of the oldest withdrawal still owed; 0 when none is owed',
      labelNames: ['integration'],
      registers,
    }),
    mailsWaiting: new Gauge({ name: 'heed_mails_waiting', help: 'Mails that are to be sent', registers }),
    mailsHeld: new Gauge({
      name: 'heed_mails_held',
      help: 'Mails that nothing sends, since no mail server is set',
      registers,
    }),
    oldestMailSeconds: new Gauge({
      name: 'heed_oldest_mail_waiting_seconds',
      help: 'Age of the oldest mail that is to be sent; 0 when none is',
      registers,
    }),
    mailsSent: new Counter({
      name: 'heed_mails_sent_total',
      help: 'Mails that the mail server took',
      registers,
    }),
    mailsFailed: new Counter({
      name: 'heed_mails_failed_total',
      help: 'Mails that the mail server refused for good, or that could not be sent in time',
      registers,
    }),
    signInMailsRefused: new Counter({
      name: 'heed_sign_in_mails_refused_total',
      help: 'Mails to sign in that were not sent: too many to people who are not known, in an hour',
      registers,
    }),
    waiting: new Gauge({
      name: 'heed_waiting_people',
      help: 'People whose record the target does not know yet',
      labelNames: ['integration'],
      registers,
    }),
    failed: new Gauge({
      name: 'heed_failed_people',
      help: 'People whose delivery the target refuses until somebody acts; each is tried again daily',
      labelNames: ['integration'],
      registers,
    }),
    failedWithdrawals: new Gauge({
      name: 'heed_failed_withdrawals',
      help: 'Of those, people whose withdrawal is not in the target',
      labelNames: ['integration'],
      registers,
    }),
    held: new Gauge({
      name: 'heed_integration_held',
      help: 'Whether the integration stopped itself and goes on only after somebody has acted: 1 or 0',
      labelNames: ['integration'],
      registers,
    }),
    targetCallsLimit: new Gauge({
      name: 'heed_target_calls_limit',
      help: 'API calls that the target allows everybody in a day, as it last told',
      labelNames: ['integration'],
      registers,
    }),
    targetCallsUsed: new Gauge({
      name: 'heed_target_calls_used',
      help: 'API calls that everybody made to the target in 24 hours, as it last told',
      labelNames: ['integration'],
      registers,
    }),
    budgetAllowance: new Gauge({
      name: 'heed_budget_calls_allowance',
      help: 'API calls that the integration may spend in 24 hours',
      labelNames: ['integration'],
      registers,
    }),
    budgetSpent: new Gauge({
      name: 'heed_budget_calls_spent',
      help: 'API calls that the integration spent in the last 24 hours',
      labelNames: ['integration'],
      registers,
    }),
  }
}
