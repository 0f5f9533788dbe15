/** What of ours stands in the page, seen and unseen: what is chosen in one part stands in all of them. */
interface Part {
  readonly id: string
  lang: string
  refresh(): unknown
}

export const parts = new Set<Part>()

export function refreshOthers(than: Part): void {
  for (const part of parts) if (part !== than) part.refresh()
}

/** One listener of the page that fails keeps nothing from the others. */
export function safely(work: () => unknown): void {
  try {
    work()
  } catch (error) {
    reportError(error)
  }
}
