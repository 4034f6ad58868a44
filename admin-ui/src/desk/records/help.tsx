// What kind of help, and how much of it.
import type { Schemas } from '../../shared/api'
import { number } from '../../shared/format'
import { CheckField, TextField } from '../../shared/parts/field'
import type { FieldErrors } from '../../shared/parts/form'
import { t } from '../../shared/texts'
import { categories, type Category } from '../noun'

type Help = Schemas['Help']

/** «Sachspende: 30 kg» */
export function helpText({ category, quantity, unit }: Help): string {
  const amount = [typeof quantity === 'number' ? number(quantity) : quantity, unit].filter(Boolean).join(' ')
  return amount ? t('text.pair', { a: t(`category.${category}`), b: amount }) : t(`category.${category}`)
}

export function HelpTags({ help }: { help: Help[] }) {
  return <ul class="tags">{help.map((one) => <li key={one.category} class="tag">{helpText(one)}</li>)}</ul>
}

/** As typed; what was typed stays when its kind of help is no longer chosen. */
interface Amount {
  chosen: boolean
  quantity: string
  unit: string
}
export type HelpDraft = Partial<Record<Category, Amount>>

export const toDraft = (help: Help[]): HelpDraft =>
  Object.fromEntries(help.map(({ category, quantity, unit }) => [category, { chosen: true, quantity: quantity ? String(quantity) : '', unit: unit ?? '' }]))

const chosen = (draft: HelpDraft) => categories.filter((category) => draft[category]?.chosen)

/** What is no whole number goes out as it was typed, so that the node refuses it at its place. */
function quantityOf(typed: string): number | null {
  const text = typed.trim()
  if (text === '') return null
  return /^\d+$/.test(text) ? Number(text) : (text as unknown as number)
}

export const fromDraft = (draft: HelpDraft): Help[] =>
  chosen(draft).map((category) => {
    const { quantity, unit } = draft[category]!
    return { category, quantity: quantityOf(quantity), unit: unit.trim() || null }
  })

const fieldName = (draft: HelpDraft, category: Category, of: 'quantity' | 'unit') => `help-${chosen(draft).indexOf(category)}-${of}`

/** What the fields of the kinds of help are called where errors are listed. */
export const helpLabels = (draft: HelpDraft): Record<string, string> =>
  Object.fromEntries(chosen(draft).flatMap((category) => (['quantity', 'unit'] as const).map((of) => [fieldName(draft, category, of), t(`field.${of}_of`, { category: t(`category.${category}`) })])))

export function HelpFields({ value, onValue, errors }: { value: HelpDraft; onValue: (value: HelpDraft) => void; errors: FieldErrors }) {
  const set = (category: Category, change: Partial<Amount>) =>
    onValue({ ...value, [category]: { chosen: true, quantity: '', unit: '', ...value[category], ...change } })
  return (
    <fieldset class="help" id="field-help" tabIndex={-1} aria-describedby={errors.help ? 'help-hint help-error' : 'help-hint'}>
      <legend class="kern-label">{t('field.help')}</legend>
      <div class="hint" id="help-hint">{t('field.help_hint')}</div>
      {errors.help && <p class="kern-error" id="help-error"><span class="kern-icon kern-icon--danger" aria-hidden="true" /><span class="kern-body">{errors.help}</span></p>}
      {categories.map((category) => {
        const one = value[category]
        const name = t(`category.${category}`)
        const field = (of: 'quantity' | 'unit') => {
          const id = fieldName(value, category, of)
          return { name: id, error: errors[id], label: t(`field.${of}_of`, { category: name }), optional: true, value: one![of], onValue: (text: string) => set(category, { [of]: text }) }
        }
        return (
          <div class="help__row" key={category}>
            <CheckField label={name} checked={one?.chosen ?? false} onChecked={(on) => set(category, { chosen: on })} />
            {one?.chosen && (
              <div class="help__amount">
                <TextField {...field('quantity')} inputMode="numeric" />
                <TextField {...field('unit')} maxLength={40} placeholder={t('field.unit_example')} />
              </div>
            )}
          </div>
        )
      })}
    </fieldset>
  )
}
