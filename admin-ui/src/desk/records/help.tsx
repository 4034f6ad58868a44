// What kind of help, and how much of it.
import type { Schemas } from '../../shared/api'
import { number } from '../../shared/format'
import { CheckField, TextField } from '../../shared/parts/field'
import { t } from '../../shared/texts'
import { categories, type Category } from './noun'

type Help = Schemas['Help']

/** «Sachspende: 30 kg» */
export function helpText({ category, quantity, unit }: Help): string {
  const amount = [quantity ? number(quantity) : '', unit ?? ''].filter(Boolean).join(' ')
  return amount ? `${t(`category.${category}`)}: ${amount}` : t(`category.${category}`)
}

export function HelpTags({ help }: { help: Help[] }) {
  return <ul class="tags">{help.map((one) => <li key={one.category} class="tag">{helpText(one)}</li>)}</ul>
}

/** As typed; empty strings until there is something. */
export type HelpDraft = Partial<Record<Category, { quantity: string; unit: string }>>

export const toDraft = (help: Help[]): HelpDraft =>
  Object.fromEntries(help.map(({ category, quantity, unit }) => [category, { quantity: quantity ? String(quantity) : '', unit: unit ?? '' }]))

export const fromDraft = (draft: HelpDraft): Help[] =>
  categories.flatMap((category) => {
    const one = draft[category]
    return one ? [{ category, quantity: one.quantity ? Number(one.quantity) : null, unit: one.unit.trim() || null }] : []
  })

export function HelpFields({ value, onValue, error }: { value: HelpDraft; onValue: (value: HelpDraft) => void; error: string | undefined }) {
  const set = (category: Category, one: { quantity: string; unit: string } | undefined) => {
    const next = { ...value }
    if (one) next[category] = one
    else delete next[category]
    onValue(next)
  }
  return (
    <fieldset class="help" id="field-help" tabIndex={-1} aria-describedby="help-hint">
      <legend class="kern-label">{t('field.help')}</legend>
      <div class="hint" id="help-hint">{t('field.help_hint')}</div>
      {error && <p class="kern-error"><span class="kern-icon kern-icon--danger" aria-hidden="true" /><span class="kern-body">{error}</span></p>}
      {categories.map((category) => {
        const one = value[category]
        const name = t(`category.${category}`)
        return (
          <div class="help__row" key={category}>
            <CheckField label={name} checked={one !== undefined} onChecked={(on) => set(category, on ? { quantity: '', unit: '' } : undefined)} />
            {one && (
              <div class="help__amount">
                <TextField label={t('field.quantity_of', { category: name })} optional type="number" min={1} max={1000000} step={1} inputMode="numeric"
                  value={one.quantity} onValue={(quantity) => set(category, { ...one, quantity })} />
                <TextField label={t('field.unit_of', { category: name })} optional maxLength={40} placeholder={t('field.unit_example')}
                  value={one.unit} onValue={(unit) => set(category, { ...one, unit })} />
              </div>
            )}
          </div>
        )
      })}
    </fieldset>
  )
}
