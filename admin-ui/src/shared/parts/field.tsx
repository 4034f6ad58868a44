// Form fields: label above, hint below it, error with the field, everything tied together for screen readers.
import type { ComponentChildren, JSX } from 'preact'
import { t, tn } from '../texts'
import { Icon } from './basic'
import { useOwnId } from './id'

interface FieldProps {
  label: string
  hint?: string | undefined
  error?: string | undefined
  optional?: boolean | undefined
  name?: string | undefined // ties it to the error summary
}

interface Wiring {
  id: string
  describedBy: string | undefined
  invalid: boolean
}

function Field({ label, hint, error, optional, name, children }: FieldProps & { children: (wiring: Wiring) => ComponentChildren }) {
  const own = useOwnId()
  const id = name ? `field-${name}` : own
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ')
  return (
    <div class={error ? 'kern-form-input kern-form-input--error' : 'kern-form-input'}>
      <label class="kern-label" for={id}>
        {label}
        {optional && <span class="optional"> ({t('field.optional')})</span>}
      </label>
      {hint && <div class="hint" id={`${id}-hint`}>{hint}</div>}
      {children({ id, describedBy: described || undefined, invalid: Boolean(error) })}
      {error && (
        <p class="kern-error" id={`${id}-error`}>
          <Icon name="danger" />
          <span class="kern-body">{error}</span>
        </p>
      )}
    </div>
  )
}

const inputClass = (invalid: boolean) => (invalid ? 'kern-form-input__input kern-form-input__input--error' : 'kern-form-input__input')

type InputProps = Omit<JSX.InputHTMLAttributes<HTMLInputElement>, 'value' | 'label' | 'name'>

export function TextField({ value, onValue, label, hint, error, optional, name, ...rest }: FieldProps & InputProps & { value: string; onValue: (value: string) => void }) {
  return (
    <Field label={label} hint={hint} error={error} optional={optional} name={name}>
      {({ id, describedBy, invalid }) => (
        <input id={id} name={name} class={inputClass(invalid)} type="text" value={value} aria-describedby={describedBy}
          aria-invalid={invalid} required={!optional} onInput={(event) => onValue(event.currentTarget.value)} {...rest} />
      )}
    </Field>
  )
}

export function AreaField({ value, onValue, rows = 5, maxLength, lang, ...field }: FieldProps & { value: string; onValue: (value: string) => void; rows?: number; maxLength: number; lang?: string }) {
  // Whatever is pasted stays, also what is too much: only who wrote it can say what may go.
  const left = maxLength - Array.from(value).length
  const counted = left <= maxLength / 4
  return (
    <Field {...field}>
      {({ id, describedBy, invalid }) => (
        <>
          <textarea id={id} name={field.name} class={inputClass(invalid)} rows={rows} value={value} lang={lang} aria-invalid={invalid} required={!field.optional}
            aria-describedby={counted ? [describedBy, `${id}-left`].filter(Boolean).join(' ') : describedBy} onInput={(event) => onValue(event.currentTarget.value)} />
          {counted && <p id={`${id}-left`} class={left < 0 ? 'left left--over' : 'left'}>{left < 0 ? tn('field.over', -left) : tn('field.left', left)}</p>}
        </>
      )}
    </Field>
  )
}

export type Choice = readonly [value: string, text: string]

export function SelectField({ value, onValue, choices, ...field }: FieldProps & { value: string; onValue: (value: string) => void; choices: readonly Choice[] }) {
  return (
    <Field {...field}>
      {({ id, describedBy, invalid }) => (
        <div class="kern-form-input__select-wrapper">
          <select id={id} name={field.name} class="kern-form-input__select" aria-describedby={describedBy} aria-invalid={invalid}
            value={value} onChange={(event) => onValue(event.currentTarget.value)}>
            {choices.map(([code, text]) => <option key={code} value={code}>{text}</option>)}
          </select>
        </div>
      )}
    </Field>
  )
}

export function CheckField({ label, checked, onChecked }: { label: string; checked: boolean; onChecked: (checked: boolean) => void }) {
  const id = useOwnId()
  return (
    <div class="kern-form-check">
      <input id={id} type="checkbox" class="kern-form-check__checkbox" checked={checked} onChange={(event) => onChecked(event.currentTarget.checked)} />
      <label class="kern-label" for={id}>{label}</label>
    </div>
  )
}

export function RadioGroup({ legend, value, onValue, choices }: { legend: string; value: string; onValue: (value: string) => void; choices: readonly Choice[] }) {
  const group = useOwnId()
  return (
    <fieldset class="radios">
      <legend class="kern-label">{legend}</legend>
      {choices.map(([code, text], index) => (
        <div class="kern-form-check" key={code}>
          <input id={`${group}-${index}`} type="radio" class="kern-form-check__radio" name={group} checked={value === code} onChange={() => onValue(code)} />
          <label class="kern-label" for={`${group}-${index}`}>{text}</label>
        </div>
      ))}
    </fieldset>
  )
}
