/** The door of this room: sessions, keys, secrets, and what an organization is and may use. */
import type { App } from '../http/server.ts'
import { keyRoutes } from './keys.routes.ts'
import { organizationRoutes } from './organizations.routes.ts'
import { planRoutes } from './plan.routes.ts'
import { secretRoutes } from './secrets.routes.ts'
import { type SessionGround, sessionRoutes } from './sessions.routes.ts'

export type AccessGround = SessionGround

export function accessRoutes(app: App, ground: AccessGround): void {
  sessionRoutes(app, ground)
  keyRoutes(app, ground)
  secretRoutes(app, ground)
  organizationRoutes(app, ground)
  planRoutes(app, ground)
}
