/** The deliver room's routes. */
import type { App } from '../http/server.ts'
import { auditRoutes } from './audit/routes.ts'
import type { ConfigureGround } from './configure.ts'
import { deliveryRoutes } from './deliveries.routes.ts'
import { integrationRoutes } from './integrations.routes.ts'
import { targetRoutes } from './target.routes.ts'

export interface DeliverRoutesGround extends ConfigureGround {
  /** People were owed: the deliverer may begin. */
  onOwed(): void
  /** From this age on a withdrawal that is still on its way is nobody's normal day. */
  withdrawalThresholdSeconds: number
}

export function deliverRoutes(app: App, ground: DeliverRoutesGround): void {
  integrationRoutes(app, ground)
  targetRoutes(app, ground)
  deliveryRoutes(app, ground)
  auditRoutes(app, ground)
}
