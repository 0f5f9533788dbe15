/** The door of this room: how a person shows who they are, and what they can do with an address that was sent to them. */
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { App } from '../http/server.ts'
import { executePages } from './execute.routes.ts'
import { sayFaults } from './faults.ts'
import { parseForms } from './forms.ts'
import { type LinkGround, linkPages, linkRoutes } from './links.routes.ts'
import { cssRoute, type ThemeGround } from './page.ts'
import { signInPages } from './pages.routes.ts'
import { protocolRoutes } from './protocols.routes.ts'
import { type ProviderGround, providerRoutes } from './providers.routes.ts'
import { type TokenGround, tokenRoutes } from './tokens.routes.ts'
import type { WaysGround } from './ways.ts'

export type SigninGround = TokenGround & ProviderGround & LinkGround & WaysGround & ThemeGround

export function signinRoutes(app: App, ground: SigninGround): void {
  tokenRoutes(app, ground)
  providerRoutes(app, ground)
  linkRoutes(app, ground)
  protocolRoutes(app, ground)
  cssRoute(app)
  // On their own: no other route takes what a form on a foreign page could send.
  app.register(async plain => {
    const pages = plain.withTypeProvider<ZodTypeProvider>()
    parseForms(pages)
    sayFaults(pages)
    linkPages(pages, ground)
    executePages(pages, ground)
    signInPages(pages, ground)
  })
}
