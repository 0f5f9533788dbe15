/** Pages written on the server: what is put into a template is escaped, unless it is HTML itself. */

/** HTML that is safe to send. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  toString(): string {
    return this.text
  }
}

/** False, true, null and undefined render as nothing. */
export type Content = string | number | boolean | null | undefined | Html | readonly Content[]

export const html = (parts: TemplateStringsArray, ...contents: Content[]): Html =>
  new Html(parts.reduce((text, part, i) => text + render(contents[i - 1]) + part))

function render(content: Content): string {
  if (content instanceof Html) return content.text
  if (Array.isArray(content)) return content.map(render).join('')
  if (typeof content === 'string' || typeof content === 'number') return escaped(String(content))
  return ''
}

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string): string => text.replace(/[&<>"']/g, character => escapes[character] as string)
