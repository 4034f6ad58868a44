// Problems in the reader's words: what happened, what was kept, what to do now.
import type { Problem, Schemas } from './api'
import { t, tOr } from './texts'

export function problemText(problem: Problem): { title: string; advice: string } {
  const wait = problem.retryAfter ?? 30
  const title = tOr(`problem.${problem.code}.title`, t('problem.other.title'))
  const advice = tOr(`problem.${problem.code}.advice`, problem.detail || t('problem.other.advice'))
  return { title, advice: advice.replace('{wait}', String(wait)) }
}

export function fieldErrorText(error: Schemas['ProblemError']): string {
  return tOr(`error.${error.code}`, error.detail)
}
