// What is wrong with a file and its rows in the reader's words, and the tables to take away: a template and a report.
import type { Schemas } from '../shared/api'
import { csvLine } from '../shared/download'
import { language, t, tOr } from '../shared/texts'
import { categories, offers, proposals } from './noun'

type Kind = Schemas['ImportKind']
type RowError = Schemas['ImportError']
type Field = NonNullable<RowError['field']>

const nouns = { proposals, offers }
const sectors = ['civil_society', 'company', 'public_administration'] as const

/** A column as the forms here call it; the node understands these names in every language of the screens. */
function columnName(kind: Kind, field: string): string {
  const names: Record<Field, string> = {
    organisation: t(`${kind}.organisation`), title: t('field.title'), text: t(`${kind}.text`), category: t('filter.category'), quantity: t('import.quantity'),
    unit: t('import.unit'), municipality: t('field.municipality'), day: t(`field.${nouns[kind].due}`), return_favour: t('field.return_favour'), note: t('field.note'),
    sector: t('field.sector'), kind: t('field.kind'), language: t('field.language'), state: t('filter.state'), external_id: t('import.external_id'), source: t('import.source'),
  }
  return names[field as Field] ?? field
}

const list = (values: string[]) => new Intl.ListFormat(language.value, { type: 'disjunction' }).format(values)

/** Why the file is no table that can be imported: a sentence each. */
export function fileErrors(kind: Kind, errors: Schemas['ProblemError'][]): string[] {
  const about = (code: string) => errors.filter((error) => error.code === code).map(({ subject }) => subject ?? '')
  const columns = (code: string) => [...new Set(about(code))].map((field) => columnName(kind, field)).join(', ')
  return [
    ...about('malformed').map((line) => t('import.unreadable', { line })),
    ...(about('missing').length > 0 ? [t('import.missing_columns', { columns: columns('missing') })] : []),
    ...(about('duplicate').length > 0 ? [t('import.duplicate_columns', { columns: columns('duplicate') })] : []),
  ]
}

export function rowErrorText(kind: Kind, { code, field, line }: RowError): string {
  const choices: Partial<Record<Field, string[]>> = {
    category: categories.map((one) => t(`category.${one}`)),
    state: nouns[kind].states.map((one) => t(`state.${one}`)),
    sector: sectors.map((one) => t(`sector.${one}`)),
  }
  const values = field && choices[field]
  if (code === 'not_allowed' && values) return t('import.one_of', { values: list(values) })
  if (code === 'malformed' && field === 'day') return t('import.day')
  if (code === 'duplicate' && line) return t('import.duplicate_of', { line })
  return tOr(`error.${code}`, t('error.malformed'))
}

const inTemplate: Field[] = ['organisation', 'title', 'text', 'category', 'quantity', 'unit', 'municipality', 'day', 'return_favour', 'note']

export function template(kind: Kind): string {
  const fields = inTemplate.filter((field) => field !== 'return_favour' || nouns[kind].returnFavour)
  return csvLine(fields.map((field) => columnName(kind, field)), language.value === 'en' ? ',' : ';')
}

/** What happens to each row, or happened: one line each, and one for each mistake. */
export function report({ kind, delimiter, rows }: Schemas['Import']): string {
  const header = (['line', 'what', 'organisation', 'title', 'column', 'error'] as const).map((name) => t(`import.column_${name}`))
  const lines = rows.flatMap(({ line, action, organisation, title, errors }) => {
    const row = [line, t(`import.row_${action}`), organisation, title]
    return errors.length === 0 ? [[...row, '', '']] : errors.map((error) => [...row, error.column, rowErrorText(kind, error)])
  })
  return [header, ...lines].map((cells) => csvLine(cells, delimiter)).join('')
}
