/** Duplicate rules: who looks like somebody who is there already is refused, or refused unless saved on purpose. */
import { RowRefusal } from './errors.ts'
import type { OrgRecord, Store } from './store.ts'
import type { Writer } from './writers.ts'

export interface DuplicateRule {
  object: string
  /** block: refused whatever the header says; alert: `allowSave=true` gets past it. */
  action: 'block' | 'alert'
  /** All of them equal, without regard to case; an empty one equals nothing. */
  matchOn: readonly string[]
  /** Whose records count; default the object's own. */
  against?: readonly string[]
  /** Also where a record is edited in a field of `matchOn`. Default false. */
  onUpdate?: boolean
  name?: string
  message?: string
}

/** As REST says it of a single record; the spelling of its key in an answer is Salesforce's own. */
export interface DuplicateResult {
  allowSave: boolean
  duplicateRule: string
  duplicateRuleEntityType: string
  errorMessage: string
  matchResults: {
    entityType: string
    errors: []
    matchEngine: string
    matchRecords: { additionalInformation: []; fieldDiffs: []; matchConfidence: number; record: object }[]
    rule: string
    size: number
    success: true
  }[]
}

export class DuplicateRules {
  readonly #store: Store
  readonly #rules = new Map<string, Required<DuplicateRule>>()

  constructor(store: Store) {
    this.#store = store
  }

  /** Returns the rule as it stands; one of the same name is replaced. */
  set(given: DuplicateRule): Required<DuplicateRule> {
    const rule = {
      against: [given.object],
      onUpdate: false,
      name: `Standard_${given.object}_Duplicate_Rule`,
      message: 'Use one of these records?',
      ...given,
    }
    for (const object of rule.against) this.#store.addIndex(object, rule.matchOn[0] as string)
    this.#rules.set(rule.name, rule)
    return rule
  }

  remove(name: string): boolean {
    return this.#rules.delete(name)
  }

  get isEmpty(): boolean {
    return this.#rules.size === 0
  }

  /** `changed`: the fields of an edited record; undefined for a new one. */
  check(object: string, row: OrgRecord, changed: ReadonlySet<string> | undefined, writer: Writer): void {
    for (const rule of this.#rules.values()) {
      if (rule.object !== object || (rule.action === 'alert' && writer.savesDuplicates)) continue
      if (changed && !(rule.onUpdate && rule.matchOn.some(field => changed.has(field)))) continue
      const matches = rule.against.map(against => [against, this.#matches(rule, against, row)] as const)
      const found = matches.filter(([, rows]) => rows.length > 0)
      if (found.length === 0) continue
      throw new RowRefusal('DUPLICATES_DETECTED', rule.message, [], resultOf(rule, found, writer))
    }
  }

  #matches({ matchOn }: DuplicateRule, against: string, row: OrgRecord): OrgRecord[] {
    const [first = '', ...others] = matchOn
    const ids = keyOf(row[first]) && this.#store.lookUp(against, first, String(row[first]))
    return [...(ids || [])]
      .filter(id => id !== row.Id)
      .map(id => this.#store.get(id) as OrgRecord)
      .filter(
        other =>
          !other.IsDeleted &&
          others.every(name => keyOf(row[name]) !== undefined && keyOf(row[name]) === keyOf(other[name])),
      )
  }
}

const keyOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value.toLowerCase() : undefined

function resultOf(
  rule: Required<DuplicateRule>,
  found: readonly (readonly [string, OrgRecord[]])[],
  writer: Writer,
): DuplicateResult {
  return {
    allowSave: rule.action === 'alert',
    duplicateRule: rule.name,
    duplicateRuleEntityType: rule.object,
    errorMessage: rule.message,
    matchResults: found.map(([entityType, rows]) => ({
      entityType,
      errors: [],
      matchEngine: 'ExactMatchEngine',
      matchRecords: rows.map(row => ({
        additionalInformation: [],
        fieldDiffs: [],
        matchConfidence: 100,
        record: {
          attributes: { type: entityType, url: `/services/data/v67.0/sobjects/${entityType}/${row.Id}` },
          ...(writer.seesDuplicates ? row : { Id: row.Id }),
        },
      })),
      rule: `${rule.name}_Match`,
      size: rows.length,
      success: true,
    })),
  }
}
