// A form that loses nothing: it keeps the draft, says at the top what is wrong, and handles somebody else's change.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Problem, Schemas } from '../api'
import { fieldErrorText } from '../problem_text'
import { t, tn, type TextKey } from '../texts'
import { Alert, Button, ProblemAlert } from './basic'
import { useTrouble } from './trouble'

export type FieldErrors = Record<string, string>

/** Errors by the name of their field: the JSON pointer /help/0/quantity is of the field help-0-quantity. */
export function fieldErrors(problem: Problem | null): FieldErrors {
  const errors: FieldErrors = {}
  for (const error of problem?.errors ?? []) errors[nameOf(error)] ??= fieldErrorText(error)
  return errors
}

const nameOf = ({ pointer }: Schemas['ProblemError']) => pointer.slice(1).replaceAll('/', '-')

/** The field itself, or what it is a part of. */
const fieldOf = (name: string) => document.getElementById(`field-${name}`) ?? document.getElementById(`field-${name.split('-')[0]}`)

function ErrorSummary({ errors, labels }: { errors: Schemas['ProblemError'][]; labels: Record<string, string> }) {
  return (
    <Alert tone="danger" title={tn('form.errors', errors.length)} live>
      <ul>
        {errors.map((error) => {
          const name = nameOf(error)
          return (
            <li key={error.pointer}>
              <a class="kern-link" href={`#field-${name}`} onClick={(event) => { event.preventDefault(); fieldOf(name)?.focus() }}>
                {labels[name] ?? labels[name.split('-')[0]!] ?? name}
              </a>
              {t('text.pair', { a: '', b: fieldErrorText(error) })}
            </li>
          )
        })}
      </ul>
    </Alert>
  )
}

interface FormProps {
  labels: Record<string, string>
  problem: Problem | null
  conflict?: TextKey
  busy: boolean
  submit: string
  onSubmit: () => void
  onCancel?: () => void
  restored?: { shown: boolean; discard: () => void }
  children: ComponentChildren
  extra?: ComponentChildren
}

export function Form({ labels, problem, conflict, busy, submit, onSubmit, onCancel, restored, children, extra }: FormProps) {
  const errors = problem?.errors ?? []
  const form = useTrouble(problem)
  return (
    <form ref={form} class="form" noValidate onSubmit={(event) => { event.preventDefault(); onSubmit() }}>
      {restored?.shown && (
        <Alert tone="info" title={t('form.restored')}>
          <div><Button onClick={restored.discard}>{t('form.discard')}</Button></div>
        </Alert>
      )}
      {errors.length > 0 && <ErrorSummary errors={errors} labels={labels} />}
      {children}
      {errors.length === 0 && problem?.status !== 412 && <ProblemAlert problem={problem} conflict={conflict} />}
      <div class="actions actions--end">
        {onCancel && <Button kind="tertiary" onClick={onCancel}>{t('action.cancel')}</Button>}
        {extra}
        <button type="submit" class="kern-btn kern-btn--primary" aria-busy={busy}><span class="kern-label">{submit}</span></button>
      </div>
    </form>
  )
}

/** Somebody was faster: both versions side by side where they differ, and nothing typed is lost. */
export function Conflict({ rows, keepMine, takeTheirs }: { rows: { label: string; mine: string; theirs: string }[]; keepMine: () => void; takeTheirs: () => void }) {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    box.current?.focus({ preventScroll: true })
    box.current?.scrollIntoView() // it may be longer than the screen
  }, [])
  return (
    <div ref={box} tabIndex={-1}>
      <Alert tone="warning" title={t('conflict.title')} live>
        <p>{t('conflict.text')}</p>
        <div class="table-scroll" tabIndex={0} role="region" aria-label={t('conflict.title')}>
          <table class="table table--stack">
            <thead>
              <tr>
                <th scope="col">{t('conflict.field')}</th>
                <th scope="col">{t('conflict.mine')}</th>
                <th scope="col">{t('conflict.theirs')}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.label}>
                  <th scope="row">{row.label}</th>
                  <td data-label={t('conflict.mine')}>{row.mine || '–'}</td>
                  <td data-label={t('conflict.theirs')}>{row.theirs || '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <div class="actions">
          <Button kind="primary" onClick={keepMine}>{t('conflict.keep_mine')}</Button>
          <Button onClick={takeTheirs}>{t('conflict.take_theirs')}</Button>
        </div>
      </Alert>
    </div>
  )
}
