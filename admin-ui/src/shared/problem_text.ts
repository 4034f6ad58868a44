// Problems in the reader's words: what happened, what was kept, what to do now. Never the node's own: those are English.
import type { Problem, Schemas } from './api'
import { t, tn, tOr, type TextKey } from './texts'

interface Circumstances {
  conflict?: TextKey | undefined // what a 409 conflict means in this place
  reading?: boolean // nothing was typed, so nothing is said about what was kept
}

export function problemText(problem: Problem, { conflict, reading }: Circumstances = {}): { title: string; advice: string } {
  if (problem.errors.length > 0 && problem.code === 'invalid-body') return { title: tn('form.errors', problem.errors.length), advice: '' }
  if (conflict && problem.code === 'conflict') return { title: t('problem.other.title'), advice: t(conflict) }
  // Where it is a note to another city, the words are told here; in the publication preview each has its card.
  if (problem.code === 'identifiers-found' && problem.errors.length > 0) {
    const excerpts = [...new Set(problem.errors.map(({ subject }) => t('text.quoted', { text: subject ?? '' })))].join(', ')
    return { title: t('problem.identifiers-found.title'), advice: t('problem.identifiers-found.strike', { excerpts }) }
  }
  const known = tOr(`problem.${problem.code}.advice`, '') !== ''
  const code = known ? problem.code : 'other'
  const kept = reading ? '' : tOr(`problem.${code}.kept`, '')
  const advice = tOr(`problem.${code}.advice`, '').replace('{wait}', String(problem.retryAfter ?? 30))
  return { title: tOr(`problem.${code}.title`, ''), advice: kept ? `${kept} ${advice}` : advice }
}

// Where a field's own rule says more than the code of what is wrong with it.
const rules: Record<string, { codes: readonly Schemas['FieldErrorCode'][]; text: TextKey }> = {
  quantity: { codes: ['malformed', 'wrong_type', 'too_small'], text: 'error.whole_number' },
  email: { codes: ['malformed', 'too_short'], text: 'error.email' },
  organisation_id: { codes: ['malformed', 'wrong_type'], text: 'error.organisation' },
  password: { codes: ['too_short'], text: 'error.password' },
  new: { codes: ['too_short'], text: 'error.password' },
}

export function fieldErrorText({ pointer, code }: Schemas['ProblemError']): string {
  const rule = rules[pointer.slice(pointer.lastIndexOf('/') + 1)]
  return rule?.codes.includes(code) ? t(rule.text) : tOr(`error.${code}`, t('error.malformed'))
}
