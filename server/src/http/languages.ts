/** In which language a page speaks, and in which direction it is read. */

interface Wishes {
  /** Named by the address or the person (`?lang=`): comes before what the browser says. */
  asked?: string | undefined
  acceptLanguage?: string | undefined
  available: readonly string[]
  /** Taken where nothing fits. */
  fallback: string
}

const MAX_WISHES = 20

export function chooseLanguage({ asked, acceptLanguage, available, fallback }: Wishes): string {
  const wishes = [...(asked ? [asked] : []), ...byQuality(acceptLanguage ?? '')]
  for (const wish of wishes.slice(0, MAX_WISHES)) {
    const found = nearest(wish.toLowerCase(), available)
    if (found) return found
  }
  return fallback
}

/** `de-AT` finds `de-AT`, else `de`, else any other German. */
function nearest(wish: string, available: readonly string[]): string | undefined {
  const steps = wish.split('-')
  for (let length = steps.length; length > 0; length--) {
    const tag = steps.slice(0, length).join('-')
    const found = available.find(language => language.toLowerCase() === tag)
    if (found) return found
  }
  return available.find(language => language.toLowerCase().split('-')[0] === steps[0])
}

const byQuality = (header: string): string[] =>
  header
    .split(',')
    .map(part => {
      const [tag = '', ...parameters] = part.split(';').map(text => text.trim())
      const quality = parameters.find(parameter => parameter.startsWith('q='))
      return { tag, quality: quality ? Number(quality.slice(2)) : 1 }
    })
    .filter(({ tag, quality }) => tag !== '' && tag !== '*' && quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ tag }) => tag)

const RIGHT_TO_LEFT = new Set(['ar', 'dv', 'fa', 'he', 'ku', 'ps', 'sd', 'ug', 'ur', 'yi'])

export const directionOf = (language: string): 'ltr' | 'rtl' =>
  RIGHT_TO_LEFT.has(language.toLowerCase().split('-')[0] as string) ? 'rtl' : 'ltr'

/** Whether browsers and Intl take it: they refuse `pt_BR` and `en-a`. */
export function isLanguageTag(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1
  } catch {
    return false
  }
}

/** @param inLanguage default: its own */
export function nameOfLanguage(language: string, inLanguage = language): string {
  const name = new Intl.DisplayNames([inLanguage], { type: 'language' }).of(language) ?? language
  return name.charAt(0).toLocaleUpperCase(inLanguage) + name.slice(1)
}
