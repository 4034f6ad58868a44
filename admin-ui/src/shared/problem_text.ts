// Problems in the reader's words: what happened, what was kept, what to do now.
import type { Problem, Schemas } from './api'
import { t, tOr, type TextKey } from './texts'

/** `conflict`: what a 409 conflict means in this place. */
export function problemText(problem: Problem, conflict?: TextKey): { title: string; advice: string } {
  if (conflict && problem.code === 'conflict') return { title: t('problem.other.title'), advice: t(conflict) }
  const wait = problem.retryAfter ?? 30
  const title = tOr(`problem.${problem.code}.title`, t('problem.other.title'))
  const advice = tOr(`problem.${problem.code}.advice`, problem.detail || t('problem.other.advice'))
  return { title, advice: advice.replace('{wait}', String(wait)) }
}

export function fieldErrorText(error: Schemas['ProblemError']): string {
  return tOr(`error.${error.code}`, error.detail)
}
