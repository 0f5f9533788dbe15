/** The sample's people: made up, and the same at every start. */

const FIRST_NAMES = [
  ...[
    'Ana',
    'Ben',
    'Chloé',
    'David',
    'Elif',
    'Farid',
    'Greta',
    'Hugo',
    'Inès',
    'Jonas',
    'Katja',
    'Liam',
    'Maya',
    'Nils',
  ],
  ...['Olga', 'Paolo', 'Quinn', 'Rosa', 'Samir', 'Tess'],
]
const LAST_NAMES = [
  ...[
    'Almeida',
    "O'Brien",
    'Costa',
    'Dupont',
    'Eriksen',
    'Fischer',
    'García',
    'Haddad',
    'Ivanova',
    'Jansen',
    'Kowalski',
  ],
  ...['Laurent', 'Moreau', 'Novak', 'Okafor', 'Petrov', 'Rossi', 'Schmidt', 'Tanaka', 'Weber'],
]
const LANGUAGES = ['en', 'fr', 'de', 'es', 'it']

export const PEOPLE = 400

export interface SamplePerson {
  n: number
  email: string
  firstName: string
  lastName: string
  language: string
}

export function samplePerson(n: number): SamplePerson {
  const firstName = FIRST_NAMES[n % FIRST_NAMES.length] as string
  const lastName = LAST_NAMES[Math.floor(n / FIRST_NAMES.length) % LAST_NAMES.length] as string
  const plain = (name: string) =>
    name
      .normalize('NFD')
      .replaceAll(/[^A-Za-z']/g, '')
      .toLowerCase()
  return {
    n,
    email: `${plain(firstName)}.${plain(lastName)}@example.com`,
    firstName,
    lastName,
    language: LANGUAGES[n % LANGUAGES.length] as string,
  }
}

/** A number in [0, size) that is the same for the same seed: choices that look random and repeat. */
export const pick = (seed: number, size: number): number => (Math.imul(seed + 1, 2_654_435_761) >>> 8) % size
