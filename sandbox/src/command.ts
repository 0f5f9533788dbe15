/** The org alone: `node sandbox/src/command.ts --port 8090 --latency 50`. */
import { parseArgs } from 'node:util'
import { startSandboxOrg } from './main.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8090' },
    latency: { type: 'string', default: '0' },
    limit: { type: 'string', default: '100000' },
    'person-accounts': { type: 'boolean', default: false },
    'converted-leads-editable': { type: 'boolean', default: false },
  },
})
const org = await startSandboxOrg({
  port: Number(values.port),
  latencyMs: Number(values.latency),
  dailyApiLimit: Number(values.limit),
  personAccounts: values['person-accounts'],
  convertedLeadsEditable: values['converted-leads-editable'],
})
console.log(`Salesforce sandbox org at ${org.url}  (client ${org.clientId}, secret ${org.clientSecret})`)
