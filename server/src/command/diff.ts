/** What differs between two configurations, line by line, as a person reads it. Pure. */

/** `+ path: value`, `- path: value`, `~ path: value -> value`; none: they are the same. */
export function diff(before: unknown, after: unknown): string[] {
  const [old, young] = [flat(before), flat(after)]
  const paths = [...new Set([...old.keys(), ...young.keys()])].sort()
  return paths.flatMap(path => {
    const [was, is] = [old.get(path), young.get(path)]
    if (was === is) return []
    if (was === undefined) return [`+ ${path}: ${is}`]
    return [is === undefined ? `- ${path}: ${was}` : `~ ${path}: ${was} -> ${is}`]
  })
}

function flat(value: unknown, path = '', into = new Map<string, string>()): Map<string, string> {
  if (Array.isArray(value) && value.some(isNamed)) {
    const names = namesOf(value)
    value.forEach((one, i) => {
      flat(one, `${path}[${names[i]}]`, into)
    })
  } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, one] of Object.entries(value)) flat(one, path ? `${path}.${key}` : key, into)
  } else if (value !== undefined) into.set(path, JSON.stringify(value))
  return into
}

interface Named {
  id: string
  sobject?: string
}
const isNamed = (value: unknown): value is Named =>
  typeof value === 'object' && value !== null && typeof (value as Named).id === 'string'

/** Mapping items are known by their field, not by their place. */
function namesOf(values: readonly unknown[]): string[] {
  const seen = new Map<string, number>()
  return values.map((value, i) => {
    if (!isNamed(value)) return String(i)
    const name = value.sobject === undefined ? value.id : `${value.sobject}.${value.id}`
    const times = (seen.get(name) ?? 0) + 1
    seen.set(name, times)
    return times === 1 ? name : `${name} #${times}`
  })
}
