/** Which of Salesforce's many hosts an address is, and what to use instead where it is not the org's own. */

export interface HostProblem {
  message: string
  cure: string
}

const OWN = 'Use the org’s own domain (Setup, My Domain), such as https://acme.my.salesforce.com.'

/** Undefined: nothing speaks against it; whether an org answers there is asked afterwards. */
export function hostProblem(url: string): HostProblem | undefined {
  const { hostname } = new URL(url)
  if (hostname === 'login.salesforce.com' || hostname === 'test.salesforce.com')
    return { message: `${hostname} is where everybody signs in, not an org`, cure: OWN }
  const org =
    /^([\w-]+)(\.sandbox|\.develop|\.scratch|\.trailblaze)?\.(lightning\.force|my\.salesforce-setup|vf\.force)\.com$/.exec(
      hostname,
    )
  if (org)
    return {
      message: `${hostname} serves the org’s pages, not its API`,
      cure: `Use https://${org[1]}${org[2] ?? ''}.my.salesforce.com.`,
    }
  if (
    /\.salesforce-setup\.com$|\.force\.com$|\.visualforce\.com$|\.salesforce-sites\.com$|\.my\.site\.com$/.test(
      hostname,
    )
  )
    return { message: `${hostname} serves pages, not the org’s API`, cure: OWN }
  return undefined
}

export const isSandboxHost = (url: string): boolean =>
  /\.sandbox\.my\.salesforce\.com$/.test(new URL(url).hostname)
