/** The door of this room: how a person shows who they are. */
import type { App } from '../http/server.ts'
import { type TokenGround, tokenRoutes } from './tokens.routes.ts'

export type SigninGround = TokenGround

export function signinRoutes(app: App, ground: SigninGround): void {
  tokenRoutes(app, ground)
}
