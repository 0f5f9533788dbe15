/** Parts of requests that signing in takes by its page and by its routes for code. */
import { z } from 'zod'

export const lang = z.string().max(35).optional()
export const address = z
  .string()
  .max(2000)
  .optional()
  .describe('Where the person goes on to: see redirect_hosts')
export const way = {
  key: z.string().max(128).describe('The organization’s public API key'),
  auth_provider_id: z.string().max(255).optional().describe('Another way than the default one'),
  lang,
}
