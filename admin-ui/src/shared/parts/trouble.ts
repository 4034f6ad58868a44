import { useEffect, useRef } from 'preact/hooks'
import type { Problem } from '../api'

/** What went wrong is where the reader is: the form's first alert or the first field that is wrong takes the focus. */
export function useTrouble(problem: Problem | null) {
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => {
    if (problem) form.current?.querySelector<HTMLElement>('.kern-alert[role], [aria-invalid="true"]')?.focus()
  }, [problem])
  return form
}
