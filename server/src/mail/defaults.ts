/** What each mail says where the organization has not written its own: one layout, and words per language. */
import { directionOf } from '../http/languages.ts'
import { type TemplateId, templates } from './templates.ts'
import ar from './texts/ar.json' with { type: 'json' }
import de from './texts/de.json' with { type: 'json' }
import en from './texts/en.json' with { type: 'json' }
import es from './texts/es.json' with { type: 'json' }
import fr from './texts/fr.json' with { type: 'json' }
import it from './texts/it.json' with { type: 'json' }
import nl from './texts/nl.json' with { type: 'json' }
import pl from './texts/pl.json' with { type: 'json' }
import pt from './texts/pt.json' with { type: 'json' }

type Texts = Record<TemplateId, (typeof en)['message']>
const texts: Record<string, Texts> = { en, fr, de, es, it, nl, pt, pl, ar }
export const defaultLanguages: readonly string[] = Object.keys(texts)

/** A subject and a body, with `{{parameters}}` in them. */
export interface Content {
  subject: string
  html: string
}

export function defaultContentOf(id: TemplateId, language: string): Content {
  const { subject, body, action, note } = (texts[language] ?? en)[id]
  const { parameters, link } = templates[id] as { parameters: readonly string[]; link: string }
  const code = `<p style="font-size:2em;letter-spacing:.15em"><strong dir="ltr">{{code}}</strong></p>`
  const paragraphs = [
    `<p>${body}</p>`,
    ...(parameters.includes('code') ? [code] : []),
    ...(parameters.includes('list') ? ['<p>{{list}}</p>'] : []),
    `<p><a href="{{${link}}}">${action}</a></p>`,
    `<p style="font-size:.875em">${note}</p>`,
  ]
  return { subject, html: paragraphs.join('\n') }
}

/** A whole document around what is only a part of one. */
export const documentOf = (content: string, language: string): string =>
  /<html[\s>]/i.test(content)
    ? content
    : `<!doctype html>
<html lang="${language}" dir="${directionOf(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
</head>
<body style="max-width:36em;margin:0 auto;padding:1.5em;font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif">
${content}
</body>
</html>
`
